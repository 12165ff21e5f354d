// SPDX-License-Identifier: Apache-2.0
// Decoder of one page-table entry for one request, as pure logic: fault, pointer or leaf; every check of one level, for
// a leaf the permissions and A/D too; and the entry as it must be written back. One instance serves all walkers,
// because one memory answer arrives in a cycle. The entry goes to the format's family (tw_scheme_riscv, tw_scheme_x86).
// Invariant: a leaf or pointer that leaves here may be used as it is - no other block looks at the bits of an entry.
`include "tw_assert.svh"
`default_nettype none

module tw_pte_decode #(
  parameter int Formats = 'h140
) (
  input  wire logic                      valid_i,       // from memory: an entry to decode; without, outputs are 0
  input  wire logic [tw_fmt::RowW-1:0]   row_i,         // from the control registers: the format in force
  input  wire logic [tw_pkg::FlagsW-1:0] flags_i,
  input  wire logic [31:0]               pkru_i,
  input  wire logic [5:0]                maxphyaddr_i,

  input  wire logic [tw_pkg::ModeW-1:0]  mode_i,        // from the miss queue: the request
  input  wire logic [tw_pkg::LevelW-1:0] level_i,       // from the walker: the table that holds the entry
  input  wire logic [tw_pkg::AboveW-1:0] above_i,       // from the walker: {G, X, U, W} of the levels above
  input  wire logic [63:0]               entry_i,       // from memory, or the walker's desired value

  output logic [1:0]                     kind_o,        // to the walkers: fault, pointer, leaf
  output logic [5:0]                     cause_o,       // fault: RISC-V cause or x86 error code
  output logic [5:0]                     access_cause_o, // the same for a bus error
  output logic [tw_pkg::PpnW-1:0]        ppn_o,         // pointer: the next table
  output logic [tw_pkg::AboveW-1:0]      above_o,       // pointer: for the next level
  output logic [tw_pkg::DataW-1:0]       page_o,        // leaf: the page, D as it is after the update
  output logic                           stale_o,       // A or D must be set in memory: update_o differs from entry_i
  output logic [63:0]                    update_o       // the entry with A and D as this access demands
);

  localparam int HasRiscv = tw_fmt::any(Formats, tw_fmt::RowX86, 0);
  localparam int HasX86   = tw_fmt::any(Formats, tw_fmt::RowX86, 1);

  // What both families say; zero from the one that is not asked.
  logic                      x86;
  logic [1:0]                rv_kind, x86_kind;
  logic [5:0]                rv_cause, x86_cause, rv_access, x86_access;
  logic [tw_pkg::PpnW-1:0]   rv_ppn, x86_ppn;
  logic [tw_pkg::AboveW-1:0] rv_above, x86_above;
  logic [tw_pkg::DataW-1:0]  rv_page, x86_page;
  logic [63:0]               rv_update, x86_update;

  assign x86 = tw_fmt::x86(row_i);

  if (HasRiscv != 0) begin : g_riscv
    logic [7:0] unused_illegal;
    logic [5:0] unused_missing;
    logic       unused_allow;

    tw_scheme_riscv u_scheme (
      .fault_i        (valid_i && !x86),
      .flags_i        (flags_i),
      .mode_i         (mode_i),
      .illegal_o      (unused_illegal),
      .access_cause_o (rv_access),
      .page_cause_o   (unused_missing),
      .check_i        (1'b0),
      .page_i         ({tw_pkg::DataW{1'b0}}),
      .allow_o        (unused_allow),
      .valid_i        (valid_i && !x86),
      .row_i          (row_i),
      .level_i        (level_i),
      .above_i        (above_i),
      .entry_i        (entry_i),
      .kind_o         (rv_kind),
      .cause_o        (rv_cause),
      .ppn_o          (rv_ppn),
      .above_o        (rv_above),
      .page_o         (rv_page),
      .update_o       (rv_update)
    );
  end else begin : g_no_riscv
    assign rv_kind   = '0;
    assign rv_cause  = '0;
    assign rv_access = '0;
    assign rv_ppn    = '0;
    assign rv_above  = '0;
    assign rv_page   = '0;
    assign rv_update = '0;
  end

  if (HasX86 != 0) begin : g_x86
    logic [7:0] unused_illegal;
    logic [5:0] unused_missing;
    logic       unused_allow;

    tw_scheme_x86 u_scheme (
      .fault_i        (valid_i && x86),
      .flags_i        (flags_i),
      .pkru_i         (pkru_i),
      .maxphyaddr_i   (maxphyaddr_i),
      .row_i          (row_i),
      .mode_i         (mode_i),
      .illegal_o      (unused_illegal),
      .access_cause_o (x86_access),
      .page_cause_o   (unused_missing),
      .check_i        (1'b0),
      .page_i         ({tw_pkg::DataW{1'b0}}),
      .allow_o        (unused_allow),
      .valid_i        (valid_i && x86),
      .level_i        (level_i),
      .above_i        (above_i),
      .entry_i        (entry_i),
      .kind_o         (x86_kind),
      .cause_o        (x86_cause),
      .ppn_o          (x86_ppn),
      .above_o        (x86_above),
      .page_o         (x86_page),
      .update_o       (x86_update)
    );
  end else begin : g_no_x86
    assign x86_kind   = '0;
    assign x86_cause  = '0;
    assign x86_access = '0;
    assign x86_ppn    = '0;
    assign x86_above  = '0;
    assign x86_page   = '0;
    assign x86_update = '0;
  end

  assign kind_o   = rv_kind | x86_kind;
  assign cause_o  = rv_cause | x86_cause;
  assign ppn_o    = rv_ppn | x86_ppn;
  assign above_o  = rv_above | x86_above;
  assign page_o   = rv_page | x86_page;
  assign update_o = rv_update | x86_update;

  assign access_cause_o = rv_access | x86_access;

  assign stale_o = valid_i && update_o != entry_i;

  // ---- Properties --------------------------------------------------------------------------------------------------

  // The registers hold a legal MAXPHYADDR, and the row of a format; an entry of 4 bytes has no more.
  `TW_GIVEN(valid_i, maxphyaddr_i >= 6'd36 && maxphyaddr_i <= 6'd52)
  `TW_GIVEN(valid_i, tw_fmt::known(Formats, row_i))
  `TW_GIVEN(valid_i && tw_fmt::narrow(row_i), entry_i[63:32] == '0)

  // Without an entry there is no outcome.
  `TW_TRUE(!valid_i, kind_o == tw_pkg::KindFault && page_o == '0 && !stale_o && update_o == '0)

  // An entry that is not present is a fault.
  `TW_TRUE(valid_i && !entry_i[0], kind_o == tw_pkg::KindFault)

  // The last level has no pointers.
  `TW_TRUE(valid_i && level_i == '0, kind_o != tw_pkg::KindPointer)

  // A page lies at a multiple of its size.
  `TW_TRUE(kind_o == tw_pkg::KindLeaf,
           ({1'b0, page_o[tw_pkg::DataPpn +: tw_pkg::PpnW]} & ~tw_fmt::size_mask(tw_pkg::data_size(page_o))) == '0)

  // What was updated needs no update: the page has A, and D if the access writes.
  `TW_TRUE(kind_o == tw_pkg::KindLeaf && tw_pkg::is_write(mode_i), page_o[tw_pkg::DataD])

endmodule

`default_nettype wire
