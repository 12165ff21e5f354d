// SPDX-License-Identifier: Apache-2.0
// The scheme of x86 (two-level, PAE, four-level, five-level), as pure logic: what an illegal address and a fault
// report, whether a page permits an access, and what one page-table entry means for one request. Invariants: a page or
// pointer that leaves here may be used as it is; outputs about a page or an entry are zero while there is none. An
// entry of 4 bytes has bits 63:32 zero. Source: Intel SDM volume 3, 4.3 to 4.8 (entries, access rights, protection
// keys, error code, accessed and dirty flags).
`include "tw_assert.svh"
`default_nettype none

module tw_scheme_x86 (
  // Request, and what its faults report; zero if that is not asked.
  input  wire logic                      fault_i,
  input  wire logic [tw_pkg::FlagsW-1:0] flags_i,        // from the control registers
  input  wire logic [31:0]               pkru_i,
  input  wire logic [5:0]                maxphyaddr_i,
  input  wire logic [tw_fmt::RowW-1:0]   row_i,          // the format in force
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

  logic fetch, write, user, nx_on;

  assign fetch = tw_pkg::is_fetch(mode_i);
  assign write = tw_pkg::is_write(mode_i);
  assign user  = tw_pkg::is_user(mode_i);

  // ---- Faults: W, U and I of an error code follow from the request --------------------------------------------------

  assign nx_on = tw_fmt::has_nx(row_i) && flags_i[tw_pkg::FlagNxe];

  always @* begin
    page_cause_o   = '0;
    access_cause_o = '0;
    illegal_o      = '0;
    if (fault_i) begin
      page_cause_o   = {1'b0, fetch && (nx_on || flags_i[tw_pkg::FlagSmep]), 1'b0, user, write, 1'b0};
      access_cause_o = page_cause_o;
      illegal_o      = {tw_pkg::FaultCanon, 6'd0};
    end
  end

  // ---- The entry by itself ------------------------------------------------------------------------------------------

  logic                    pse, superpage, leaf, leaf_ok, reserved;
  logic [2:0]              size;
  logic [tw_pkg::VpnW-1:0] mask;
  logic [15:0]             beyond;
  logic [4:0]              pse_beyond;

  always @* begin
    size = '0;
    mask = '0;
    if (valid_i) begin
      size = tw_fmt::leaf_size(row_i, level_i);
      mask = tw_fmt::size_mask(size);
    end
  end

  assign pse       = tw_fmt::has_pse(row_i);
  assign superpage = level_i != '0 && entry_i[7] && (!pse || flags_i[tw_pkg::FlagPse]);
  assign leaf      = level_i == '0 || superpage;
  assign leaf_ok   = size != tw_fmt::None && (size != tw_fmt::Size1G || flags_i[tw_pkg::FlagGbPages]);

  always @* begin
    beyond     = '0;
    pse_beyond = '0;
    reserved   = 1'b0;
    if (valid_i && pse) begin
      // PSE-36: bits 20:13 are address bits 39:32, as far as MAXPHYADDR goes; bit 21 is none.
      pse_beyond = 5'b10000;
      for (int b = 0; b < 4; b++) pse_beyond[b] = maxphyaddr_i <= 6'(36 + b);
      reserved = superpage && (entry_i[21:17] & pse_beyond) != '0;
    end else if (valid_i) begin
      beyond   = entry_i[51:36] >> (maxphyaddr_i - 6'd36);
      reserved = beyond != '0 ||                                          // at and above MAXPHYADDR
                 (entry_i[63] && !flags_i[tw_pkg::FlagNxe]) ||            // XD
                 (entry_i[62:52] != '0 && tw_fmt::has_high(row_i)) ||
                 (leaf && !leaf_ok) ||                                    // PS
                 (leaf && (entry_i[51:13] & ~mask[39:1]) != '0);          // below the page size; bit 12 is PAT
    end
  end

  // ---- The page, if the entry is a leaf -----------------------------------------------------------------------------

  logic                    w, u, x, pat;
  logic [tw_pkg::PpnW-1:0] ppn;

  assign w   = above_i[tw_pkg::AboveWrite] && entry_i[1];
  assign u   = above_i[tw_pkg::AboveU] && entry_i[2];
  assign x   = above_i[tw_pkg::AboveX] && !entry_i[63];
  assign pat = level_i == '0 ? entry_i[7] : entry_i[12];

  always @* begin
    ppn = {4'd0, entry_i[51:12]} & mask[tw_pkg::PpnW-1:0];
    if (pse && superpage) ppn[27:20] = entry_i[20:13];
  end

  always @* begin
    page_o = '0;
    if (valid_i)
      page_o = {ppn, size, entry_i[8] && flags_i[tw_pkg::FlagPge], 1'b1, w, x, u, entry_i[6] || write,
                pat, entry_i[4:3], tw_fmt::has_pkey(row_i) ? entry_i[62:59] : 4'd0};
  end

  // ---- Permission ---------------------------------------------------------------------------------------------------

  logic                     wp, key_forbids, page_w, page_x, page_u;
  logic [tw_pkg::DataW-1:0] page;
  logic [3:0]               key;

  assign page   = valid_i ? page_o : page_i;
  assign page_u = page[tw_pkg::DataU];
  assign page_x = page[tw_pkg::DataX];
  assign page_w = page[tw_pkg::DataWrite];
  assign key    = page[tw_pkg::DataPkey +: 4];

  // A supervisor's write minds W, and a key's write-disable bit, only while CR0.WP is set.
  assign wp = user || flags_i[tw_pkg::FlagWp];

  // A protection key guards data accesses to user pages.
  always @* begin
    key_forbids = 1'b0;
    if ((check_i || valid_i) && tw_fmt::has_pkey(row_i) && flags_i[tw_pkg::FlagPke] && !fetch && page_u)
      key_forbids = pkru_i[{key, 1'b0}] || (pkru_i[{key, 1'b1}] && write && wp);
  end

  always @* begin
    allow_o = 1'b0;
    if (check_i || valid_i) begin
      if (fetch)
        allow_o = page_x && (user ? page_u : !(page_u && flags_i[tw_pkg::FlagSmep]));
      else
        allow_o = (page_w || !write || !wp) && !key_forbids &&
                  (user ? page_u : !(page_u && flags_i[tw_pkg::FlagSmap] && !tw_pkg::has_sum(mode_i)));
    end
  end

  // ---- Outcome ------------------------------------------------------------------------------------------------------

  logic [5:0] code;

  always @* begin
    code   = '0;
    kind_o = tw_pkg::KindFault;
    if (valid_i) begin
      if (!entry_i[0])   code = '0;                                       // not present: nothing else is looked at
      else if (reserved) code = tw_pkg::PfP | tw_pkg::PfRsvd;
      else if (!leaf)    kind_o = tw_pkg::KindPointer;
      else if (!allow_o) code = tw_pkg::PfP | (key_forbids ? tw_pkg::PfPk : 6'd0);
      else               kind_o = tw_pkg::KindLeaf;
    end
  end

  always @* begin
    cause_o  = '0;
    ppn_o    = '0;
    above_o  = '0;
    update_o = '0;
    if (valid_i) begin
      cause_o  = page_cause_o | code;
      ppn_o    = {4'd0, entry_i[51:12]};
      above_o  = {above_i[tw_pkg::AboveG], x, u, w};
      update_o = entry_i;
      // A in pointers too.
      if (kind_o != tw_pkg::KindFault) update_o[5] = 1'b1;
      if (kind_o == tw_pkg::KindLeaf)  update_o[6] = entry_i[6] || write;
    end
  end

  // ---- Properties --------------------------------------------------------------------------------------------------

  // The registers hold a legal MAXPHYADDR; an entry of 4 bytes has no more.
  `TW_GIVEN(valid_i, maxphyaddr_i >= 6'd36 && maxphyaddr_i <= 6'd52)
  `TW_GIVEN(valid_i && tw_fmt::narrow(row_i), entry_i[63:32] == '0)

  // Either a page is checked or an entry is decoded.
  `TW_GIVEN(check_i, !valid_i)

  // Without a page nothing is allowed.
  `TW_TRUE(!check_i && !valid_i, !allow_o && kind_o == tw_pkg::KindFault && page_o == '0 && update_o == '0)

  // A user touches no supervisor page, fetches nothing without X and writes nothing without W.
  `TW_TRUE(check_i && user && !page_u, !allow_o)
  `TW_TRUE(check_i && fetch && !page_x, !allow_o)
  `TW_TRUE(check_i && user && write && !page_w, !allow_o)

  // What the protection key forbids is forbidden.
  `TW_TRUE(key_forbids, !allow_o)

  // An entry that is not present is a fault, whose error code says no more.
  `TW_TRUE(valid_i && !entry_i[0], kind_o == tw_pkg::KindFault && cause_o == page_cause_o)

  // An update sets A and D, and changes nothing else.
  `TW_TRUE(kind_o != tw_pkg::KindFault, (update_o | 64'h60) == (entry_i | 64'h60) && (entry_i & ~update_o) == '0)

  // No level gives a right that one above it took away.
  `TW_TRUE(kind_o == tw_pkg::KindPointer, (above_o[2:0] & ~above_i[2:0]) == '0)
  `TW_TRUE(kind_o == tw_pkg::KindLeaf, ({x, u, w} & ~above_i[2:0]) == '0)

endmodule

`default_nettype wire
