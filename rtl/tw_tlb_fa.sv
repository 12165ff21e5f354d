// SPDX-License-Identifier: Apache-2.0
// Fully associative TLB for pages of any size: the two L1 TLBs and the superpage part of the L2. One lookup, one insert
// or kill, and one invalidation by fence scope in each cycle, all judged on the state at its start. Invariant: no two
// valid entries match the same address, because an insert takes the place of everything it overlaps. docs/contract.md,
// section 6.
//
// Tags and data are packed to the bits that the configuration has. mask_q holds the tag bits that the entry compares (a
// decoded copy of its size and global bit), so that lookup, overlap and fence scope are one XOR and one AND each:
//   lookup   mask_q                  overlap   mask_q & mask of the other      fence   mask_q & mask of the scope
`include "tw_assert.svh"
`default_nettype none

module tw_tlb_fa #(
  parameter int Entries  = 4,
  parameter int AsidBits = 16,
  parameter int Formats  = 'h140
) (
  input  wire logic                      clk_i,
  input  wire logic                      rst_i,

  // Lookup: from the request stage (L1) or the lookup stage (superpage part).
  input  wire logic                      lookup_i,
  input  wire logic [tw_pkg::TagW-1:0]   lookup_tag_i,
  output logic                           hit_o,
  output logic [tw_pkg::TagW-1:0]        hit_tag_o,       // valid with hit_o, else 0
  output logic [tw_pkg::DataW-1:0]       hit_data_o,
  input  wire logic                      touch_i,         // the hit is used: counts for the replacement

  // Insert or kill: from a lookup's or a walk's completion.
  input  wire logic                      insert_i,
  input  wire logic                      kill_i,
  input  wire logic [tw_pkg::TagW-1:0]   new_tag_i,
  input  wire logic [tw_pkg::DataW-1:0]  new_data_i,      // insert only

  // Invalidation by scope: from the fence sequencer, in FINISH.
  input  wire logic                      inval_i,
  input  wire logic [tw_pkg::TagW-1:0]   inval_tag_i,
  input  wire logic [tw_pkg::TagW-1:0]   inval_mask_i,
  input  wire logic                      inval_global_i,
  input  wire logic                      clear_i,         // from the control registers: the format changes

  // Debug view, section 13: to pins.
  output logic                           dbg_write_o,
  output logic [5:0]                     dbg_index_o,
  output logic [tw_pkg::TagW+tw_pkg::DataW-1:0] dbg_entry_o,
  output logic [63:0]                    dbg_valid_o,
  output logic [63:0]                    dbg_plru_o
);

  localparam int IndexW = $clog2(Entries);
  localparam int AttrW  = tw_fmt::attr_w(Formats);
  localparam int PkeyW  = tw_fmt::pkey_w(Formats);
  localparam int TagW   = tw_fmt::vpn_w(Formats) + AsidBits;
  localparam int DataW  = tw_pkg::data_w(tw_fmt::ppn_w(Formats), AttrW, PkeyW);

  logic [Entries-1:0] valid_q;
  logic [Entries-1:0] global_q;              // entries that no ASID confines
  logic [TagW-1:0]    tag_q  [0:Entries-1];
  logic [TagW-1:0]    mask_q [0:Entries-1];
  logic [DataW-1:0]   data_q [0:Entries-1];
  logic [Entries-2:0] plru_q, plru_d;

  // ---- Lookup -------------------------------------------------------------------------------------------------------

  logic [TagW-1:0]   lookup_tag;
  logic [IndexW:0]   hit;        // {hit, its index}
  logic [IndexW-1:0] hit_index;

  assign lookup_tag = TagW'({tw_pkg::tag_pack(AsidBits, lookup_tag_i)});

  always @* begin
    hit = '0;
    if (lookup_i) begin
      for (int i = 0; i < Entries; i++) begin
        if (valid_q[i] && ((lookup_tag ^ tag_q[i]) & mask_q[i]) == '0)
          hit = hit | {1'b1, IndexW'(i)};  // at most one entry matches
      end
    end
  end

  assign {hit_o, hit_index} = hit;

  assign hit_tag_o  = hit_o ? tw_pkg::tag_unpack(AsidBits, tw_pkg::TagW'(tag_q[hit_index])) : '0;
  assign hit_data_o = hit_o ? tw_pkg::data_unpack(AttrW, PkeyW, tw_pkg::DataW'(data_q[hit_index])) : '0;

  // ---- Insert, kill, invalidate -------------------------------------------------------------------------------------

  logic [TagW-1:0]    new_tag, new_mask, inval_tag, inval_mask;
  logic [Entries-1:0] overlap, outlawed;
  logic [IndexW-1:0]  way;

  always @* begin
    new_tag  = '0;
    new_mask = '0;
    overlap  = '0;
    if (insert_i || kill_i) begin
      new_tag = TagW'({tw_pkg::tag_pack(AsidBits, new_tag_i)});
      // A kill is judged as an insert of a non-global 4 KB page: all tag bits take part.
      new_mask = '1;
      if (insert_i)
        new_mask = TagW'({tw_pkg::tag_pack(AsidBits, tw_fmt::tag_mask(tw_pkg::data_size(new_data_i),
                                                                     new_data_i[tw_pkg::DataGlobal]))});
      for (int i = 0; i < Entries; i++)
        overlap[i] = valid_q[i] && ((new_tag ^ tag_q[i]) & mask_q[i] & new_mask) == '0;
    end
  end

  always @* begin
    inval_tag  = '0;
    inval_mask = '0;
    outlawed   = '0;
    if (inval_i) begin
      inval_tag  = TagW'({tw_pkg::tag_pack(AsidBits, inval_tag_i)});
      inval_mask = TagW'({tw_pkg::tag_pack(AsidBits, inval_mask_i)});
      for (int i = 0; i < Entries; i++) begin
        outlawed[i] = ((inval_tag ^ tag_q[i]) & mask_q[i] & inval_mask) == '0 && (inval_global_i || !global_q[i]);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i || clear_i) begin
      valid_q <= '0;
    end else if (insert_i || kill_i || inval_i) begin
      valid_q <= valid_q & ~overlap & ~outlawed;
      if (insert_i) valid_q[way] <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (insert_i) begin
      tag_q[way]    <= new_tag;
      mask_q[way]   <= new_mask;
      data_q[way]   <= DataW'({tw_pkg::data_pack(AttrW, PkeyW, new_data_i)});
      global_q[way] <= new_data_i[tw_pkg::DataGlobal];
    end
  end

  // ---- Replacement --------------------------------------------------------------------------------------------------

  tw_place #(.N(Entries)) u_place (
    .insert_i   (insert_i),
    .valid_i    (valid_q),
    .replaced_i (overlap),
    .tree_i     (plru_q),
    .hit_i      (touch_i),
    .hit_way_i  (hit_index),
    .way_o      (way),
    .tree_o     (plru_d)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) plru_q <= '0;
    else if (touch_i || insert_i) plru_q <= plru_d;
  end

  // ---- Debug view ---------------------------------------------------------------------------------------------------

  logic              written;
  logic [IndexW-1:0] written_way;

  tw_view #(.Width(IndexW)) u_view (
    .clk_i    (clk_i),
    .rst_i    (rst_i),
    .strobe_i (insert_i),
    .value_i  (way),
    .strobe_o (written),
    .value_o  (written_way)
  );

  assign dbg_write_o = written;
  assign dbg_index_o = 6'(written_way);
  assign dbg_valid_o = 64'(valid_q);
  assign dbg_plru_o  = 64'(plru_q);

  always @* begin
    dbg_entry_o = '0;
    if (written)
      dbg_entry_o = {tw_pkg::tag_unpack(AsidBits, tw_pkg::TagW'(tag_q[written_way])),
                     tw_pkg::data_unpack(AttrW, PkeyW, tw_pkg::DataW'(data_q[written_way]))};
  end

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

`ifdef TW_ASSERT
  // What the last cycle did, and the valid entries that it should not have left.
  logic                    inserted_q, removed_q, spared_q;
  logic [IndexW-1:0]       inserted_way_q;
  logic [TagW-1:0]         removed_tag_q, removed_mask_q;
  logic [Entries-1:0]      left;

  always_ff @(posedge clk_i) begin
    inserted_q <= insert_i && !rst_i && !clear_i;
    removed_q  <= inval_i || kill_i;
    if (insert_i) inserted_way_q <= way;
    if (inval_i || kill_i) begin
      spared_q       <= inval_i && !inval_global_i;
      removed_tag_q  <= inval_i ? inval_tag : new_tag;
      removed_mask_q <= inval_i ? inval_mask : '1;
    end
  end

  always @* begin
    left = '0;
    if (inserted_q) begin
      for (int i = 0; i < Entries; i++)
        left[i] = valid_q[i] && IndexW'(i) != inserted_way_q &&
                  ((tag_q[inserted_way_q] ^ tag_q[i]) & mask_q[inserted_way_q] & mask_q[i]) == '0;
    end else if (removed_q) begin
      for (int i = 0; i < Entries; i++)
        left[i] = valid_q[i] && ((removed_tag_q ^ tag_q[i]) & removed_mask_q & mask_q[i]) == '0 &&
                  !(spared_q && global_q[i]);
    end
  end
`endif

  // A completion inserts or kills, and inserts neither in FINISH nor when the format changes; the VPN's bits below the
  // page are zero.
  `TW_EXPECT(insert_i, !kill_i && !inval_i && !clear_i &&
                       (new_tag_i & ~tw_fmt::tag_mask(tw_pkg::data_size(new_data_i), 1'b0)) == '0)

  // The entry just inserted is valid and shares no address with another.
  `TW_CHECK(inserted_q, valid_q[inserted_way_q] && left == '0)

  // After a kill nothing matches its address, after FINISH nothing in the fence's scope is left.
  `TW_CHECK(removed_q && !inserted_q, left == '0)

  // A hit is a valid entry that matches.
  `TW_CHECK(hit_o, valid_q[hit_index] && ((lookup_tag ^ tag_q[hit_index]) & mask_q[hit_index]) == '0)

`ifdef FORMAL
  // What is touched was hit.
  `TW_EXPECT(touch_i, hit_o)

  for (genvar a = 0; a < Entries; a++) begin : g_entry
    logic [tw_pkg::DataW-1:0] data;

    assign data = tw_pkg::data_unpack(AttrW, PkeyW, tw_pkg::DataW'(data_q[a]));

    // Mask and global bit are those of the entry.
    `TW_CHECK(valid_q[a], global_q[a] == data[tw_pkg::DataGlobal] &&
              mask_q[a] == TagW'({tw_pkg::tag_pack(AsidBits, tw_fmt::tag_mask(tw_pkg::data_size(data), global_q[a]))}))

    // No two valid entries share an address.
    for (genvar b = 0; b < a; b++) begin : g_pair
      `TW_CHECK(valid_q[a] && valid_q[b], ((tag_q[a] ^ tag_q[b]) & mask_q[a] & mask_q[b]) != '0)
    end
  end
`endif

endmodule

`default_nettype wire
