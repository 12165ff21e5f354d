// SPDX-License-Identifier: Apache-2.0
// Decoder of one page-table entry for one request, as pure logic: fault, pointer or leaf; every check of one level, for
// a leaf the permissions and A/D too; and the entry as it must be written back. One instance serves all walkers,
// because one memory answer arrives in a cycle. Invariant: a leaf or pointer that leaves here may be used as it is - no
// other block looks at the bits of an entry. Sources: RISC-V privileged architecture (Sv39, Svnapot, Svpbmt,
// Svrsw60t59b, Svade, Svadu); Intel SDM volume 3, sections 4.5 to 4.8.
`include "tw_assert.svh"
`default_nettype none

module tw_pte_decode (
  input  wire logic                       valid_i,       // from memory: an entry to decode; without, outputs are 0
  input  wire logic [3:0]                 fmt_i,         // from the control registers
  input  wire logic [tw_pkg::FlagsW-1:0]  flags_i,
  input  wire logic [31:0]                pkru_i,
  input  wire logic [5:0]                 maxphyaddr_i,

  input  wire logic [tw_pkg::AttrW-1:0]   attr_i,        // from the miss queue: the request, {mxr, sum, priv, access}
  input  wire logic [tw_pkg::LevelW-1:0]  level_i,       // from the walker: the table that holds the entry
  input  wire logic [tw_pkg::RightsW-1:0] rights_i,      // from the walker: {G, X, U, W} of the levels above
  input  wire logic [63:0]                pte_i,         // from memory, or the walker's desired value

  output logic [1:0]                      kind_o,        // to the walkers: fault, pointer, leaf
  output logic [5:0]                      cause_o,       // fault: RISC-V cause or x86 error code
  output logic [tw_pkg::PpnW-1:0]         ppn_o,         // pointer: the next table
  output logic [tw_pkg::RightsW-1:0]      rights_o,      // pointer: rights for the next level
  output logic [tw_pkg::DataW-1:0]        data_o,        // leaf: TLB entry data, D as it is after the update
  output logic                            stale_o,       // A or D must be set in memory: update_o differs from pte_i
  output logic [63:0]                     update_o       // the entry with A and D as this access demands
);

  logic                    x86, write;
  logic [2:0]              level_size;       // of a leaf at this level
  logic [tw_pkg::VpnW-1:0] level_mask;

  assign x86        = tw_pkg::fmt_x86(fmt_i);
  assign write      = tw_pkg::is_write(attr_i);
  assign level_size = tw_pkg::fmt_leaf_size(fmt_i, level_i);
  assign level_mask = tw_pkg::size_mask(level_size);

  // ---- RISC-V: the entry by itself ----------------------------------------------------------------------------------

  logic rv_pointer, rv_napot, rv_unaligned, rv_bad;

  assign rv_pointer = pte_i[3:1] == 3'b000;
  assign rv_napot   = pte_i[63];

  always @* begin
    // PPN bits below the page size must be zero; for NAPOT they encode the size, 64 KB being the only one.
    if (rv_napot) rv_unaligned = level_i != '0 || pte_i[13:10] != 4'b1000;
    else          rv_unaligned = (pte_i[45:10] & ~level_mask) != '0;
  end

  always @* begin
    rv_bad = 1'b0;
    if (valid_i && !x86) begin
      rv_bad = !pte_i[0] ||                                              // V
               (pte_i[2] && !pte_i[1]) ||                                // W without R
               pte_i[58:54] != '0 ||                                     // reserved
               (pte_i[60:59] != '0 && !flags_i[tw_pkg::FlagSvrsw]) ||    // reserved, or free for software
               (rv_napot && !flags_i[tw_pkg::FlagSvnapot]) ||            // N
               (pte_i[62:61] != '0 && !flags_i[tw_pkg::FlagPbmte]) ||    // PBMT
               pte_i[62:61] == 2'd3;
      if (rv_pointer) begin
        // D, A, U, N, PBMT; and the last level has no pointers.
        if (pte_i[7:6] != '0 || pte_i[4] || pte_i[63:61] != '0 || level_i == '0) rv_bad = 1'b1;
      end else begin
        if (rv_unaligned) rv_bad = 1'b1;
        // A, and D for a write, unless hardware sets them.
        if (!flags_i[tw_pkg::FlagAdue] && (!pte_i[6] || (write && !pte_i[7]))) rv_bad = 1'b1;
      end
    end
  end

  // ---- x86: the entry by itself -------------------------------------------------------------------------------------

  logic        x86_leaf, x86_reserved, w, u, x;
  logic [15:0] beyond;

  assign x86_leaf = level_i == '0 || pte_i[7];                           // PS

  always @* begin
    beyond       = '0;
    x86_reserved = 1'b0;
    if (valid_i && x86) begin
      beyond       = pte_i[51:36] >> (maxphyaddr_i - 6'd36);
      x86_reserved = beyond != '0 ||                                     // at and above MAXPHYADDR
                     (pte_i[63] && !flags_i[tw_pkg::FlagNxe]);           // XD
      if (x86_leaf) begin
        if (!tw_pkg::fmt_leaf_ok(fmt_i, level_i, flags_i[tw_pkg::FlagGbPages])) x86_reserved = 1'b1;
        if ((pte_i[47:13] & ~level_mask[35:1]) != '0) x86_reserved = 1'b1;   // below the page size; bit 12 is PAT
      end
    end
  end

  assign w = rights_i[0] && pte_i[1];
  assign u = rights_i[1] && pte_i[2];
  assign x = rights_i[2] && !pte_i[63];

  // ---- The page, if the entry is a leaf -----------------------------------------------------------------------------

  logic [2:0]              rv_size;
  logic [tw_pkg::VpnW-1:0] rv_mask;
  logic                    allow, pk;

  assign rv_size = rv_napot ? tw_pkg::Size64K : level_size;
  assign rv_mask = tw_pkg::size_mask(rv_size);

  always @* begin
    data_o = '0;
    if (valid_i && x86) begin
      data_o = {4'd0, pte_i[51:48], pte_i[47:12] & level_mask, level_size, pte_i[8] && flags_i[tw_pkg::FlagPge],
                1'b1, w, x, u, pte_i[6] || write,
                level_i == '0 ? pte_i[7] : pte_i[12], pte_i[4:3], pte_i[62:59]};
    end else if (valid_i) begin
      data_o = {pte_i[53:46], pte_i[45:10] & rv_mask, rv_size, pte_i[5] || rights_i[3],
                pte_i[1], pte_i[2], pte_i[3], pte_i[4], pte_i[7] || write,
                1'b0, pte_i[62:61], 4'd0};
    end
  end

  tw_perm u_perm (
    .check_i  (valid_i),
    .fmt_i    (fmt_i),
    .flags_i  (flags_i),
    .pkru_i   (pkru_i),
    .attr_i   (attr_i),
    .rights_i (data_o[tw_pkg::DataRights +: 4]),
    .pkey_i   (data_o[tw_pkg::DataPkey +: 4]),
    .allow_o  (allow),
    .pk_o     (pk)
  );

  // ---- Outcome ------------------------------------------------------------------------------------------------------

  logic [5:0] code;

  always @* begin
    code   = '0;
    kind_o = tw_pkg::KindFault;
    if (valid_i && x86) begin
      if (!pte_i[0])         code = '0;                                  // not present: nothing else is looked at
      else if (x86_reserved) code = tw_pkg::PfP | tw_pkg::PfRsvd;
      else if (!x86_leaf)    kind_o = tw_pkg::KindPointer;
      else if (!allow)       code = tw_pkg::PfP | (pk ? tw_pkg::PfPk : 6'd0);
      else                   kind_o = tw_pkg::KindLeaf;
    end else if (valid_i && !rv_bad) begin
      if (rv_pointer)        kind_o = tw_pkg::KindPointer;
      else if (allow)        kind_o = tw_pkg::KindLeaf;
    end
  end

  always @* begin
    cause_o  = '0;
    ppn_o    = '0;
    rights_o = '0;
    if (valid_i) begin
      cause_o  = tw_pkg::page_cause(x86, flags_i, attr_i, code);
      ppn_o    = x86 ? {4'd0, pte_i[51:12]} : pte_i[53:10];
      rights_o = x86 ? {rights_i[3], x, u, w} : {rights_i[3] || pte_i[5], rights_i[2:0]};
    end
  end

  // A and D: x86 sets A in pointers too; RISC-V leaves have both or fault, unless hardware updates are on.
  always @* begin
    update_o = '0;
    if (valid_i) update_o = pte_i;
    if (kind_o == tw_pkg::KindPointer && x86) begin
      update_o[5] = 1'b1;
    end else if (kind_o == tw_pkg::KindLeaf && x86) begin
      update_o[5] = 1'b1;
      update_o[6] = pte_i[6] || write;
    end else if (kind_o == tw_pkg::KindLeaf) begin
      update_o[6] = 1'b1;
      update_o[7] = pte_i[7] || write;
    end
  end

  assign stale_o = valid_i && update_o != pte_i;

  // ---- Properties --------------------------------------------------------------------------------------------------

  // The registers hold a legal MAXPHYADDR.
  `TW_GIVEN(valid_i, maxphyaddr_i >= 6'd36 && maxphyaddr_i <= 6'd52)

  // Without an entry there is no outcome.
  `TW_TRUE(!valid_i, kind_o == tw_pkg::KindFault && data_o == '0 && !stale_o && update_o == '0)

  // An entry that is not present is a fault.
  `TW_TRUE(valid_i && !pte_i[0], kind_o == tw_pkg::KindFault)

  // The last level has no pointers.
  `TW_TRUE(valid_i && level_i == '0, kind_o != tw_pkg::KindPointer)

  // A page lies at a multiple of its size.
  `TW_TRUE(kind_o == tw_pkg::KindLeaf,
           (data_o[tw_pkg::DataPpn +: tw_pkg::VpnW] & ~tw_pkg::size_mask(data_o[tw_pkg::DataSize +: 3])) == '0)

  // An update sets A and D, and changes nothing else.
  `TW_TRUE(kind_o != tw_pkg::KindFault && x86, (update_o | 64'h60) == (pte_i | 64'h60) && (pte_i & ~update_o) == '0)
  `TW_TRUE(kind_o != tw_pkg::KindFault && !x86, (update_o | 64'hc0) == (pte_i | 64'hc0) && (pte_i & ~update_o) == '0)

  // What was updated needs no update: the page has A, and D if the access writes.
  `TW_TRUE(kind_o == tw_pkg::KindLeaf && write, data_o[tw_pkg::DataD])

  // x86: no level gives a right that one above it took away.
  `TW_TRUE(kind_o == tw_pkg::KindPointer && x86, (rights_o[2:0] & ~rights_i[2:0]) == '0)
  `TW_TRUE(kind_o == tw_pkg::KindLeaf && x86, ({x, u, w} & ~rights_i[2:0]) == '0)

  // RISC-V: a page fault has one of three causes.
  `TW_TRUE(valid_i && !x86, cause_o == 6'd12 || cause_o == 6'd13 || cause_o == 6'd15)

endmodule

`default_nettype wire
