// SPDX-License-Identifier: Apache-2.0
// Page-walk cache: the tables that good pointers led to, with the rights combined on the way, so that a walk may start
// below the root. Invariant: at most one entry for each level, prefix and ASID. Emptied by every fence, so that it
// never needs to know which pointers a fence means. docs/contract.md, section 8.
//
// A tag has the VPN bits below the prefix zero; tags and data are packed to the bits that the configuration has. mask_q
// and level_q are decoded copies of an entry's level: the tag bits that it compares, and a bit for each level.
`include "tw_assert.svh"
`default_nettype none

module tw_pwc #(
  parameter int Entries  = 4,
  parameter int AsidBits = 16,
  parameter int Formats  = 'h140
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_i,

  // Lookup: from the lookup stage.
  input  wire logic                        lookup_i,
  input  wire logic [tw_pkg::TagW-1:0]     lookup_tag_i,
  output logic                             hit_o,
  output logic [tw_pkg::PwcDataW-1:0]      hit_data_o,    // valid with hit_o, else 0; the lowest level that matches
  input  wire logic                        touch_i,       // a walk starts with the hit

  // Fill: from a walker's answer.
  input  wire logic                        fill_i,
  input  wire logic [tw_pkg::TagW-1:0]     fill_tag_i,
  input  wire logic [tw_pkg::TagW-1:0]     fill_mask_i,
  input  wire logic [tw_pkg::PwcDataW-1:0] fill_data_i,

  // Kill: from a completion with a fault. Every entry that matches goes; a fill in the same cycle is of another
  // address.
  input  wire logic                        kill_i,
  input  wire logic [tw_pkg::TagW-1:0]     kill_tag_i,

  input  wire logic                        clear_i,       // from the fence sequencer and the control registers
  output logic                             filled_o,      // event: a fill that is not lost to a clear

  // Debug view, section 13: to pins.
  output logic                             dbg_write_o,
  output logic [5:0]                       dbg_index_o,
  output logic [tw_pkg::TagW+tw_pkg::PwcDataW-1:0] dbg_entry_o,
  output logic [63:0]                      dbg_valid_o,
  output logic [63:0]                      dbg_plru_o
);

  localparam int IndexW = $clog2(Entries);
  localparam int Levels = tw_fmt::most(Formats, tw_fmt::RowRoot, 7);  // levels that an entry can lead to
  localparam int TagW   = tw_fmt::vpn_w(Formats) + AsidBits;
  localparam int DataW  = tw_pkg::PwcPpn + tw_fmt::ppn_w(Formats);

  logic [Entries-1:0] valid_q;
  logic [TagW-1:0]    tag_q  [0:Entries-1];
  logic [TagW-1:0]    mask_q [0:Entries-1];
  logic [DataW-1:0]   data_q [0:Entries-1];
  (* mem2reg *) logic [Entries-1:0] level_q [0:Levels-1];  // by level: which entries are of it
  logic [Entries-2:0] plru_q, plru_d;

  function automatic logic [tw_pkg::LevelW-1:0] level_of(input logic [DataW-1:0] data);
    level_of = tw_pkg::pwc_level(tw_pkg::PwcDataW'(data));
  endfunction

  // ---- Lookup -------------------------------------------------------------------------------------------------------

  logic [TagW-1:0]    lookup_tag;
  logic [Entries-1:0] match, nearest;
  logic [IndexW-1:0]  hit_index;

  assign lookup_tag = TagW'({tw_pkg::tag_pack(AsidBits, lookup_tag_i)});

  always @* begin
    match = '0;
    if (lookup_i) begin
      for (int i = 0; i < Entries; i++)
        match[i] = valid_q[i] && ((lookup_tag ^ tag_q[i]) & mask_q[i]) == '0;
    end
  end

  // Entries of one level exclude each other; a lower level is nearer to the leaf.
  always @* begin
    nearest = match;
    if (match != '0) begin
      for (int l = Levels - 1; l >= 0; l--) begin
        if ((match & level_q[l]) != '0) nearest = match & level_q[l];
      end
    end
  end

  always @* begin
    hit_index = '0;
    if (match != '0) begin
      for (int i = 0; i < Entries; i++) begin
        if (nearest[i]) hit_index = hit_index | IndexW'(i);
      end
    end
  end

  assign hit_o      = match != '0;
  assign hit_data_o = hit_o ? tw_pkg::PwcDataW'(data_q[hit_index]) : '0;

  // ---- Fill ---------------------------------------------------------------------------------------------------------

  logic [TagW-1:0]    fill_tag, fill_mask, kill_tag;
  logic [Entries-1:0] same, killed;
  logic [IndexW-1:0]  way;

  assign filled_o  = fill_i && !clear_i;
  assign fill_tag  = TagW'({tw_pkg::tag_pack(AsidBits, fill_tag_i)});
  assign fill_mask = TagW'({tw_pkg::tag_pack(AsidBits, fill_mask_i)});
  assign kill_tag  = TagW'({tw_pkg::tag_pack(AsidBits, kill_tag_i)});

  always @* begin
    killed = '0;
    if (kill_i) begin
      for (int i = 0; i < Entries; i++) killed[i] = ((kill_tag ^ tag_q[i]) & mask_q[i]) == '0;
    end
  end

  // The entry that a fill replaces.
  always @* begin
    same = '0;
    if (fill_i) begin
      for (int i = 0; i < Entries; i++)
        same[i] = valid_q[i] && tag_q[i] == fill_tag && level_of(data_q[i]) == tw_pkg::pwc_level(fill_data_i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i || clear_i) begin
      valid_q <= '0;
    end else if (fill_i || kill_i) begin
      valid_q <= valid_q & ~killed;
      if (fill_i) valid_q[way] <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (filled_o) begin
      tag_q[way]  <= fill_tag;
      mask_q[way] <= fill_mask;
      data_q[way] <= DataW'(fill_data_i);
      for (int l = 0; l < Levels; l++) level_q[l][way] <= tw_pkg::pwc_level(fill_data_i) == 3'(l);
    end
  end

  // ---- Replacement --------------------------------------------------------------------------------------------------

  tw_place #(.N(Entries)) u_place (
    .insert_i   (filled_o),
    .valid_i    (valid_q),
    .replaced_i (same),
    .tree_i     (plru_q),
    .hit_i      (touch_i),
    .hit_way_i  (hit_index),
    .way_o      (way),
    .tree_o     (plru_d)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) plru_q <= '0;
    else if (touch_i || filled_o) plru_q <= plru_d;
  end

  // ---- Debug view ---------------------------------------------------------------------------------------------------

  logic              written;
  logic [IndexW-1:0] written_way;

  tw_view #(.Width(IndexW)) u_view (
    .clk_i    (clk_i),
    .rst_i    (rst_i),
    .strobe_i (filled_o),
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
                     tw_pkg::PwcDataW'(data_q[written_way])};
  end

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

`ifdef TW_ASSERT
  // What the last cycle did, and the valid entries that it should not have left.
  logic               killed_q;
  logic [TagW-1:0]    killed_tag_q;
  logic [Entries-1:0] twice, left;

  always_ff @(posedge clk_i) begin
    killed_q <= kill_i;
    if (kill_i) killed_tag_q <= kill_tag;
  end

  always @* begin
    twice = '0;
    if (written) begin
      for (int i = 0; i < Entries; i++)
        twice[i] = valid_q[i] && IndexW'(i) != written_way && tag_q[i] == tag_q[written_way] &&
                   level_of(data_q[i]) == level_of(data_q[written_way]);
    end
  end

  always @* begin
    left = '0;
    if (killed_q) begin
      for (int i = 0; i < Entries; i++) left[i] = valid_q[i] && ((killed_tag_q ^ tag_q[i]) & mask_q[i]) == '0;
    end
  end
`endif

  // The bits of a prefix below its level are zero; what is filled is not what is killed.
  `TW_EXPECT(fill_i, (fill_tag & ~fill_mask) == '0)
  `TW_OUTER(fill_i && kill_i, ((fill_tag ^ kill_tag) & fill_mask) != '0)

  // The entry just filled is the only one of its level, prefix and ASID.
  `TW_CHECK(written, valid_q[written_way] && twice == '0)

  // After a kill nothing matches its address.
  `TW_CHECK(killed_q, left == '0)

  // A hit is a valid entry that matches.
  `TW_CHECK(hit_o, match[hit_index])

`ifdef FORMAL
  logic cleared_q;

  always_ff @(posedge clk_i) cleared_q <= clear_i;

  // After a clear nothing is left.
  `TW_CHECK(cleared_q, valid_q == '0)

  // What is touched was hit.
  `TW_EXPECT(touch_i, hit_o)

  // While a format stands, a level has one mask.
  (* anyconst *) logic [Levels*TagW-1:0] level_masks;

  for (genvar l = 0; l < Levels; l++) begin : g_level
    `TW_OUTER(fill_i && tw_pkg::pwc_level(fill_data_i) == 3'(l),
              fill_mask == level_masks[l*TagW +: TagW])
  end
  `TW_EXPECT(fill_i, tw_pkg::pwc_level(fill_data_i) < 3'(Levels))

  for (genvar a = 0; a < Entries; a++) begin : g_entry
    // Level, level bits and mask agree.
    `TW_CHECK(valid_q[a], level_of(data_q[a]) < 3'(Levels) && (tag_q[a] & ~mask_q[a]) == '0)
    for (genvar l = 0; l < Levels; l++) begin : g_bit
      `TW_CHECK(valid_q[a], level_q[l][a] == (level_of(data_q[a]) == 3'(l)))
      `TW_CHECK(valid_q[a] && level_q[l][a], mask_q[a] == level_masks[l*TagW +: TagW])
    end

    // No two valid entries have the same level, prefix and ASID.
    for (genvar b = 0; b < a; b++) begin : g_pair
      `TW_CHECK(valid_q[a] && valid_q[b], tag_q[a] != tag_q[b] ||
                level_of(data_q[a]) != level_of(data_q[b]))
    end
  end
`endif

endmodule

`default_nettype wire
