// SPDX-License-Identifier: Apache-2.0
// The scheme of RISC-V (Sv32, Sv39, Sv48, Sv57), as pure logic: what an illegal address and a fault report, whether a
// page permits an access, and what one page-table entry means for one request. Invariants: a page or pointer that
// leaves here may be used as it is; outputs about a page or an entry are zero while there is none. An entry of Sv32 is
// the low half of the others: its bits 63:32 are zero. Source: RISC-V privileged architecture, "Sv32", "Virtual Address
// Translation Process", Svnapot, Svpbmt, Svrsw60t59b, Svade, Svadu.
`include "tw_assert.svh"
`default_nettype none

module tw_scheme_riscv (
  // Request, and what its faults report; zero if that is not asked.
  input  wire logic                      fault_i,
  input  wire logic [tw_pkg::FlagsW-1:0] flags_i,        // from the control registers
  input  wire logic [tw_pkg::ModeW-1:0]  mode_i,
  output logic [7:0]                     illegal_o,      // an illegal address: {fault, cause}
  output logic [5:0]                     access_cause_o, // a bus error
  output logic [5:0]                     page_cause_o,   // nothing is there

  // Permission: of a page from a TLB, or, with valid_i, of the leaf that the entry is.
  input  wire logic                      check_i,
  input  wire logic [tw_pkg::DataW-1:0]  page_i,
  output logic                           allow_o,

  // Entry.
  input  wire logic                      valid_i,
  input  wire logic [tw_fmt::RowW-1:0]   row_i,          // from the control registers: the format in force
  input  wire logic [tw_pkg::LevelW-1:0] level_i,
  input  wire logic [tw_pkg::AboveW-1:0] above_i,
  input  wire logic [63:0]               entry_i,
  output logic [1:0]                     kind_o,         // fault, pointer, leaf
  output logic [5:0]                     cause_o,        // of a fault
  output logic [tw_pkg::PpnW-1:0]        ppn_o,          // pointer: the next table
  output logic [tw_pkg::AboveW-1:0]      above_o,        // pointer: for the next level
  output logic [tw_pkg::DataW-1:0]       page_o,         // leaf: the page, D as it is after the update
  output logic [63:0]                    update_o        // the entry with A and D as this access demands
);

  logic fetch, write, user;

  assign fetch = tw_pkg::is_fetch(mode_i);
  assign write = tw_pkg::is_write(mode_i);
  assign user  = tw_pkg::is_user(mode_i);

  // ---- Faults -------------------------------------------------------------------------------------------------------

  always @* begin
    page_cause_o   = '0;
    access_cause_o = '0;
    illegal_o      = '0;
    if (fault_i) begin
      page_cause_o   = fetch ? 6'd12 : write ? 6'd15 : 6'd13;
      access_cause_o = tw_pkg::access_cause(mode_i);
      illegal_o      = {tw_pkg::FaultPage, page_cause_o};
    end
  end

  // ---- The entry by itself ------------------------------------------------------------------------------------------

  logic                    pointer, napot, unaligned, bad;
  logic [2:0]              level_size, size;
  logic [tw_pkg::VpnW-1:0] level_mask, mask;

  always @* begin
    level_size = '0;
    level_mask = '0;
    size       = '0;
    mask       = '0;
    if (valid_i) begin
      level_size = tw_fmt::leaf_size(row_i, level_i);
      level_mask = tw_fmt::size_mask(level_size);
      size       = napot ? tw_fmt::Size64K : level_size;
      mask       = tw_fmt::size_mask(size);
    end
  end

  assign pointer = entry_i[3:1] == 3'b000;
  assign napot   = entry_i[63];

  always @* begin
    // PPN bits below the page size must be zero; for NAPOT they encode the size, 64 KB being the only one.
    if (napot) unaligned = level_i != '0 || entry_i[13:10] != 4'b1000;
    else       unaligned = (entry_i[53:10] & ~level_mask[tw_pkg::PpnW-1:0]) != '0;
  end

  always @* begin
    bad = 1'b0;
    if (valid_i) begin
      bad = !entry_i[0] ||                                                // V
            (entry_i[2] && !entry_i[1]) ||                                // W without R
            entry_i[58:54] != '0 ||                                       // reserved
            (entry_i[60:59] != '0 && !flags_i[tw_pkg::FlagSvrsw]) ||      // reserved, or free for software
            (napot && !flags_i[tw_pkg::FlagSvnapot]) ||                   // N
            (entry_i[62:61] != '0 && !flags_i[tw_pkg::FlagPbmte]) ||      // PBMT
            entry_i[62:61] == 2'd3;
      if (pointer) begin
        // D, A, U, N, PBMT; and the last level has no pointers.
        if (entry_i[7:6] != '0 || entry_i[4] || entry_i[63:61] != '0 || level_i == '0) bad = 1'b1;
      end else begin
        if (unaligned || level_size == tw_fmt::None) bad = 1'b1;
        // A, and D for a write, unless hardware sets them.
        if (!flags_i[tw_pkg::FlagAdue] && (!entry_i[6] || (write && !entry_i[7]))) bad = 1'b1;
      end
    end
  end

  // ---- The page, if the entry is a leaf -----------------------------------------------------------------------------

  always @* begin
    page_o = '0;
    if (valid_i)
      page_o = {entry_i[53:10] & mask[tw_pkg::PpnW-1:0], size, entry_i[5] || above_i[tw_pkg::AboveG],
                entry_i[1], entry_i[2], entry_i[3], entry_i[4], entry_i[7] || write,
                1'b0, entry_i[62:61], 4'd0};
  end

  // ---- Permission ---------------------------------------------------------------------------------------------------

  logic r, w, x, u;

  assign {r, w, x, u} = valid_i ? page_o[tw_pkg::DataRights +: 4] : page_i[tw_pkg::DataRights +: 4];

  // SUM never helps a fetch, MXR never anything but a load.
  always @* begin
    allow_o = 1'b0;
    if (check_i || valid_i)
      allow_o = (fetch ? x : write ? w : r || (tw_pkg::has_mxr(mode_i) && x)) &&
                (user ? u : !u || (tw_pkg::has_sum(mode_i) && !fetch));
  end

  // ---- Outcome ------------------------------------------------------------------------------------------------------

  always @* begin
    kind_o = tw_pkg::KindFault;
    if (valid_i && !bad) begin
      if (pointer)      kind_o = tw_pkg::KindPointer;
      else if (allow_o) kind_o = tw_pkg::KindLeaf;
    end
  end

  always @* begin
    cause_o  = '0;
    ppn_o    = '0;
    above_o  = '0;
    update_o = '0;
    if (valid_i) begin
      cause_o  = page_cause_o;
      ppn_o    = entry_i[53:10];
      above_o  = {above_i[tw_pkg::AboveG] || entry_i[5], above_i[2:0]};
      update_o = entry_i;
      // A and D of leaves only.
      if (kind_o == tw_pkg::KindLeaf) begin
        update_o[6] = 1'b1;
        update_o[7] = entry_i[7] || write;
      end
    end
  end

  // ---- Properties --------------------------------------------------------------------------------------------------

  // Either a page is checked or an entry is decoded.
  `TW_GIVEN(check_i, !valid_i)

  // Without a page nothing is allowed.
  `TW_TRUE(!check_i && !valid_i, !allow_o && kind_o == tw_pkg::KindFault && page_o == '0 && update_o == '0)

  // A user touches no supervisor page.
  `TW_TRUE(check_i && user && !page_i[tw_pkg::DataU], !allow_o)

  // A fetch needs X, a write needs W.
  `TW_TRUE(check_i && fetch && !page_i[tw_pkg::DataX], !allow_o)
  `TW_TRUE(check_i && write && !page_i[tw_pkg::DataWrite], !allow_o)

  // No supervisor fetches from a user page.
  `TW_TRUE(check_i && !user && fetch && page_i[tw_pkg::DataU], !allow_o)

  // An entry that is not valid is a fault.
  `TW_TRUE(valid_i && !entry_i[0], kind_o == tw_pkg::KindFault)

  // An update sets A and D, and changes nothing else.
  `TW_TRUE(kind_o != tw_pkg::KindFault, (update_o | 64'hc0) == (entry_i | 64'hc0) && (entry_i & ~update_o) == '0)

  // Without hardware updates nothing is updated.
  `TW_TRUE(kind_o != tw_pkg::KindFault && !flags_i[tw_pkg::FlagAdue], update_o == entry_i)

  // A page fault has one of three causes.
  `TW_TRUE(valid_i && fault_i, cause_o == 6'd12 || cause_o == 6'd13 || cause_o == 6'd15)

endmodule

`default_nettype wire
