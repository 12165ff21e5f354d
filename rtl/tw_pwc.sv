// SPDX-License-Identifier: Apache-2.0
// Page-walk cache: the tables that good pointers led to, with the rights combined on the way, so that a walk may start
// below the root. Invariant: at most one entry for each level, prefix and ASID. Emptied by every fence, so that it
// never needs to know which pointers a fence means. docs/contract.md, section 8.
//
// Tag {VPN, ASID} with the VPN bits below the prefix zero. mask_q and level_q are decoded copies of an entry's level:
// the tag bits that it compares, and a bit for each level.
`include "tw_assert.svh"
`default_nettype none

module tw_pwc #(
  parameter int Entries = 4
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

  // Kill: from a walk that ends with a fault. Every entry that matches goes.
  input  wire logic                        kill_i,
  input  wire logic [tw_pkg::TagW-1:0]     kill_tag_i,

  input  wire logic                        clear_i,       // from the fence sequencer and the control registers
  output logic                             filled_o,      // event: a fill that is not lost to a clear

  // Debug view, section 13: to pins.
  output logic                             dbg_write_o,
  output logic [5:0]                       dbg_index_o,
  output logic [111:0]                     dbg_entry_o,
  output logic [63:0]                      dbg_valid_o,
  output logic [63:0]                      dbg_plru_o
);

  localparam int IndexW = $clog2(Entries);

  logic [Entries-1:0]          valid_q;
  logic [tw_pkg::TagW-1:0]     tag_q  [0:Entries-1];
  logic [tw_pkg::TagW-1:0]     mask_q [0:Entries-1];
  logic [tw_pkg::PwcDataW-1:0] data_q [0:Entries-1];
  (* mem2reg *) logic [Entries-1:0] level_q [0:tw_pkg::PwcLevels-1];  // by level: which entries are of it
  logic [Entries-2:0]          plru_q, plru_d;

  // ---- Lookup -------------------------------------------------------------------------------------------------------

  logic [Entries-1:0] match, nearest;
  logic [IndexW-1:0]  hit_index;

  always @* begin
    match = '0;
    if (lookup_i) begin
      for (int i = 0; i < Entries; i++)
        match[i] = valid_q[i] && ((lookup_tag_i ^ tag_q[i]) & mask_q[i]) == '0;
    end
  end

  // Entries of one level exclude each other; a lower level is nearer to the leaf.
  always @* begin
    nearest = match;
    if (match != '0) begin
      for (int l = tw_pkg::PwcLevels - 1; l >= 0; l--) begin
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
  assign hit_data_o = hit_o ? data_q[hit_index] : '0;

  // ---- Fill ---------------------------------------------------------------------------------------------------------

  logic [IndexW-1:0] victim, way;

  assign filled_o = fill_i && !clear_i;

  // The place of a new entry: the one it replaces, else the lowest invalid, else the victim.
  always @* begin
    way = victim;
    if (fill_i) begin
      for (int i = Entries - 1; i >= 0; i--) begin
        if (!valid_q[i]) way = IndexW'(i);
      end
      for (int i = 0; i < Entries; i++) begin
        if (valid_q[i] && tag_q[i] == fill_tag_i &&
            data_q[i][tw_pkg::PwcLevel +: 3] == fill_data_i[tw_pkg::PwcLevel +: 3])
          way = IndexW'(i);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i || clear_i) begin
      valid_q <= '0;
    end else if (fill_i) begin
      valid_q[way] <= 1'b1;
    end else if (kill_i) begin
      for (int i = 0; i < Entries; i++)
        if (((kill_tag_i ^ tag_q[i]) & mask_q[i]) == '0) valid_q[i] <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (filled_o) begin
      tag_q[way]  <= fill_tag_i;
      mask_q[way] <= fill_mask_i;
      data_q[way] <= fill_data_i;
      for (int l = 0; l < tw_pkg::PwcLevels; l++)
        level_q[l][way] <= fill_data_i[tw_pkg::PwcLevel +: 3] == 3'(l);
    end
  end

  // ---- Replacement --------------------------------------------------------------------------------------------------

  tw_plru #(.N(Entries)) u_plru (
    .tree_i     (plru_q),
    .hit_i      (touch_i),
    .hit_way_i  (hit_index),
    .fill_i     (filled_o),
    .fill_way_i (way),
    .tree_o     (plru_d),
    .victim_o   (victim)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) plru_q <= '0;
    else if (touch_i || filled_o) plru_q <= plru_d;
  end

  // ---- Debug view ---------------------------------------------------------------------------------------------------

  logic              written_q;
  logic [IndexW-1:0] written_way_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      written_q     <= 1'b0;
      written_way_q <= '0;
    end else begin
      written_q     <= filled_o;
      written_way_q <= filled_o ? way : '0;
    end
  end

  assign dbg_write_o = written_q;
  assign dbg_index_o = 6'(written_way_q);
  assign dbg_entry_o = written_q ? 112'({tag_q[written_way_q], data_q[written_way_q]}) : 112'd0;
  assign dbg_valid_o = 64'(valid_q);
  assign dbg_plru_o  = 64'(plru_q);

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

`ifdef TW_ASSERT
  // What the last cycle did, and the valid entries that it should not have left.
  logic                    killed_q;
  logic [tw_pkg::TagW-1:0] killed_tag_q;
  logic [Entries-1:0]      left;

  always_ff @(posedge clk_i) begin
    killed_q <= kill_i;
    if (kill_i) killed_tag_q <= kill_tag_i;
  end

  always @* begin
    left = '0;
    if (written_q) begin
      for (int i = 0; i < Entries; i++)
        left[i] = valid_q[i] && IndexW'(i) != written_way_q && tag_q[i] == tag_q[written_way_q] &&
                  data_q[i][tw_pkg::PwcLevel +: 3] == data_q[written_way_q][tw_pkg::PwcLevel +: 3];
    end else if (killed_q) begin
      for (int i = 0; i < Entries; i++)
        left[i] = valid_q[i] && ((killed_tag_q ^ tag_q[i]) & mask_q[i]) == '0;
    end
  end
`endif

  // One answer does not both fill and kill; the bits of a prefix below its level are zero.
  `TW_EXPECT(fill_i, !kill_i && (fill_tag_i & ~fill_mask_i) == '0)

  // The entry just filled is the only one of its level, prefix and ASID.
  `TW_CHECK(written_q, valid_q[written_way_q] && left == '0)

  // After a kill nothing matches its address.
  `TW_CHECK(killed_q && !written_q, left == '0)

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
  (* anyconst *) logic [tw_pkg::PwcLevels*tw_pkg::TagW-1:0] level_masks;

  for (genvar l = 0; l < tw_pkg::PwcLevels; l++) begin : g_level
    `TW_EXPECT(fill_i && fill_data_i[tw_pkg::PwcLevel +: 3] == 3'(l),
               fill_mask_i == level_masks[l*tw_pkg::TagW +: tw_pkg::TagW])
  end
  `TW_EXPECT(fill_i, fill_data_i[tw_pkg::PwcLevel +: 3] < 3'(tw_pkg::PwcLevels))

  for (genvar a = 0; a < Entries; a++) begin : g_entry
    // Level, level bits and mask agree.
    `TW_CHECK(valid_q[a], data_q[a][tw_pkg::PwcLevel +: 3] < 3'(tw_pkg::PwcLevels) && (tag_q[a] & ~mask_q[a]) == '0)
    for (genvar l = 0; l < tw_pkg::PwcLevels; l++) begin : g_bit
      `TW_CHECK(valid_q[a], level_q[l][a] == (data_q[a][tw_pkg::PwcLevel +: 3] == 3'(l)))
      `TW_CHECK(valid_q[a] && level_q[l][a], mask_q[a] == level_masks[l*tw_pkg::TagW +: tw_pkg::TagW])
    end

    // No two valid entries have the same level, prefix and ASID.
    for (genvar b = 0; b < a; b++) begin : g_pair
      `TW_CHECK(valid_q[a] && valid_q[b], tag_q[a] != tag_q[b] ||
                data_q[a][tw_pkg::PwcLevel +: 3] != data_q[b][tw_pkg::PwcLevel +: 3])
    end
  end
`endif

endmodule

`default_nettype wire
