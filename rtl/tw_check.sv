// SPDX-License-Identifier: Apache-2.0
// What the format in force says of one request, as pure logic: whether its address may be translated, what its faults
// report, and whether a page from a TLB may answer it - with the control registers as they are. The question goes to
// the format's family; this file and tw_pte_decode are all that knows of families. Invariant: nothing else in the MMU
// grants an access to a page in a TLB.
`include "tw_assert.svh"
`default_nettype none

module tw_check #(
  parameter int Formats = 'h140
) (
  input  wire logic [tw_fmt::RowW-1:0]   row_i,          // from the control registers: the format in force
  input  wire logic [tw_pkg::FlagsW-1:0] flags_i,
  input  wire logic [31:0]               pkru_i,

  // The request.
  input  wire logic                      req_i,          // there is one; without, its address is not legal
  input  wire logic [tw_pkg::VaW-1:0]    va_i,
  input  wire logic [tw_pkg::ModeW-1:0]  mode_i,
  output logic                           legal_o,        // the address may be translated
  input  wire logic                      fault_i,        // its faults are asked for; without, the next three are zero
  output logic [tw_pkg::InfoW-1:0]       illegal_o,      // fault if it may not
  output logic [tw_pkg::InfoW-1:0]       bus_error_o,    // fault if memory cannot be reached
  output logic [tw_pkg::InfoW-1:0]       missing_o,      // fault if nothing is there

  // The page that a TLB has for it.
  input  wire logic                      page_valid_i,
  input  wire logic [tw_pkg::DataW-1:0]  page_i,
  output logic                           usable_o        // it permits the access, and has D for a write
);

  localparam int HasRiscv = tw_fmt::any(Formats, tw_fmt::RowX86, 0);
  localparam int HasX86   = tw_fmt::any(Formats, tw_fmt::RowX86, 1);

  logic       x86, rv_allow, x86_allow;
  logic [7:0] rv_illegal, x86_illegal;
  logic [5:0] rv_access, x86_access, rv_page, x86_page;

  assign x86 = tw_fmt::x86(row_i);

  if (HasRiscv != 0) begin : g_riscv
    logic [1:0]                unused_kind;
    logic [5:0]                unused_cause;
    logic [tw_pkg::PpnW-1:0]   unused_ppn;
    logic [tw_pkg::AboveW-1:0] unused_above;
    logic [tw_pkg::DataW-1:0]  unused_page;
    logic [63:0]               unused_update;

    tw_scheme_riscv u_scheme (
      .fault_i        (fault_i && !x86),
      .flags_i        (flags_i),
      .mode_i         (mode_i),
      .illegal_o      (rv_illegal),
      .access_cause_o (rv_access),
      .page_cause_o   (rv_page),
      .check_i        (page_valid_i && !x86),
      .page_i         (page_i),
      .allow_o        (rv_allow),
      .valid_i        (1'b0),
      .row_i          ({tw_fmt::RowW{1'b0}}),
      .level_i        ({tw_pkg::LevelW{1'b0}}),
      .above_i        ({tw_pkg::AboveW{1'b0}}),
      .entry_i        (64'd0),
      .kind_o         (unused_kind),
      .cause_o        (unused_cause),
      .ppn_o          (unused_ppn),
      .above_o        (unused_above),
      .page_o         (unused_page),
      .update_o       (unused_update)
    );
  end else begin : g_no_riscv
    assign rv_illegal = '0;
    assign rv_access  = x86 ? 6'd0 : tw_pkg::access_cause(mode_i);  // bare has the same
    assign rv_page    = '0;
    assign rv_allow   = 1'b0;
  end

  if (HasX86 != 0) begin : g_x86
    logic [1:0]                unused_kind;
    logic [5:0]                unused_cause;
    logic [tw_pkg::PpnW-1:0]   unused_ppn;
    logic [tw_pkg::AboveW-1:0] unused_above;
    logic [tw_pkg::DataW-1:0]  unused_page;
    logic [63:0]               unused_update;

    tw_scheme_x86 u_scheme (
      .fault_i        (fault_i && x86),
      .flags_i        (flags_i),
      .pkru_i         (pkru_i),
      .maxphyaddr_i   (6'd52),
      .row_i          (row_i),
      .mode_i         (mode_i),
      .illegal_o      (x86_illegal),
      .access_cause_o (x86_access),
      .page_cause_o   (x86_page),
      .check_i        (page_valid_i && x86),
      .page_i         (page_i),
      .allow_o        (x86_allow),
      .valid_i        (1'b0),
      .level_i        ({tw_pkg::LevelW{1'b0}}),
      .above_i        ({tw_pkg::AboveW{1'b0}}),
      .entry_i        (64'd0),
      .kind_o         (unused_kind),
      .cause_o        (unused_cause),
      .ppn_o          (unused_ppn),
      .above_o        (unused_above),
      .page_o         (unused_page),
      .update_o       (unused_update)
    );
  end else begin : g_no_x86
    assign x86_illegal = '0;
    assign x86_access  = '0;
    assign x86_page    = '0;
    assign x86_allow   = 1'b0;
  end

  always @* begin
    legal_o = 1'b0;
    if (req_i) legal_o = tw_fmt::legal(row_i, va_i);
  end

  always @* begin
    illegal_o   = '0;
    bus_error_o = '0;
    missing_o   = '0;
    if (fault_i) begin
      illegal_o   = tw_pkg::info_fault(rv_illegal[7:6] | x86_illegal[7:6], rv_illegal[5:0] | x86_illegal[5:0]);
      bus_error_o = tw_pkg::info_fault(tw_pkg::FaultAccess, rv_access | x86_access);
      missing_o   = tw_pkg::info_fault(tw_pkg::FaultPage, rv_page | x86_page);
    end
  end

  // A store through an entry with D = 0 walks, so that D is set in memory first.
  assign usable_o = (rv_allow || x86_allow) && !(tw_pkg::is_write(mode_i) && !page_i[tw_pkg::DataD]);

  // ---- Properties --------------------------------------------------------------------------------------------------

  // Without a page nothing is usable.
  `TW_TRUE(!page_valid_i, !usable_o)

  // A user touches no supervisor page.
  `TW_TRUE(page_valid_i && tw_pkg::is_user(mode_i) && !page_i[tw_pkg::DataU], !usable_o)

  // A write needs D.
  `TW_TRUE(page_valid_i && tw_pkg::is_write(mode_i) && !page_i[tw_pkg::DataD], !usable_o)

  // Every fault is one.
  `TW_TRUE(fault_i, bus_error_o[tw_pkg::InfoFault +: 2] == tw_pkg::FaultAccess &&
                    missing_o[tw_pkg::InfoFault +: 2] == tw_pkg::FaultPage)

endmodule

`default_nettype wire
