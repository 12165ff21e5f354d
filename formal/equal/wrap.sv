// SPDX-License-Identifier: Apache-2.0
// The RTL's pure logic as modules whose ports the model can be asked about (ports.c): the format is a code instead of a row
// of the table of formats.
`default_nettype none

module eq_pte_decode #(
  parameter int Formats = 'h140
) (
  input  wire logic [3:0]  fmt_i,
  input  wire logic [11:0] flags_i,
  input  wire logic [31:0] pkru_i,
  input  wire logic [5:0]  maxphyaddr_i,
  input  wire logic [5:0]  mode_i,
  input  wire logic [2:0]  level_i,
  input  wire logic [3:0]  above_i,
  input  wire logic [63:0] entry_i,
  output logic [1:0]       kind_o,
  output logic [5:0]       cause_o,
  output logic [5:0]       access_cause_o,
  output logic [43:0]      ppn_o,
  output logic [3:0]       above_o,
  output logic [59:0]      page_o,
  output logic             stale_o,
  output logic [63:0]      update_o
);
  tw_pte_decode #(.Formats(Formats)) u_decode (
    .valid_i        (1'b1),
    .row_i          (tw_fmt::row_of(Formats, fmt_i)),
    .flags_i        (flags_i),
    .pkru_i         (pkru_i),
    .maxphyaddr_i   (maxphyaddr_i),
    .mode_i         (mode_i),
    .level_i        (level_i),
    .above_i        (above_i),
    .entry_i        (entry_i),
    .kind_o         (kind_o),
    .cause_o        (cause_o),
    .access_cause_o (access_cause_o),
    .ppn_o          (ppn_o),
    .above_o        (above_o),
    .page_o         (page_o),
    .stale_o        (stale_o),
    .update_o       (update_o)
  );
endmodule

module eq_check #(
  parameter int Formats = 'h140
) (
  input  wire logic [3:0]  fmt_i,
  input  wire logic [11:0] flags_i,
  input  wire logic [31:0] pkru_i,
  input  wire logic [63:0] va_i,
  input  wire logic [5:0]  mode_i,
  input  wire logic [59:0] page_i,
  output logic             legal_o,
  output logic [14:0]      illegal_o,
  output logic [14:0]      bus_error_o,
  output logic [14:0]      missing_o,
  output logic             usable_o
);
  tw_check #(.Formats(Formats)) u_check (
    .row_i        (tw_fmt::row_of(Formats, fmt_i)),
    .flags_i      (flags_i),
    .pkru_i       (pkru_i),
    .req_i        (1'b1),
    .va_i         (va_i),
    .mode_i       (mode_i),
    .legal_o      (legal_o),
    .fault_i      (1'b1),
    .illegal_o    (illegal_o),
    .bus_error_o  (bus_error_o),
    .missing_o    (missing_o),
    .page_valid_i (1'b1),
    .page_i       (page_i),
    .usable_o     (usable_o)
  );
endmodule

module eq_pte_addr #(
  parameter int Formats = 'h140
) (
  input  wire logic [3:0]  fmt_i,
  input  wire logic [43:0] table_i,
  input  wire logic [2:0]  level_i,
  input  wire logic [44:0] vpn_i,
  output logic [55:0]      addr_o,
  output logic [44:0]      prefix_o,
  output logic [2:0]       root_o
);
  logic [tw_fmt::RowW-1:0] row;

  assign row      = tw_fmt::row_of(Formats, fmt_i);
  assign prefix_o = tw_fmt::prefix_mask(row, level_i);
  assign root_o   = tw_fmt::root_level(row);

  tw_pte_addr #(.Formats(Formats)) u_addr (
    .ask_i   (1'b1),
    .row_i   (row),
    .table_i (table_i),
    .level_i (level_i),
    .vpn_i   (vpn_i),
    .addr_o  (addr_o)
  );
endmodule

`default_nettype wire
