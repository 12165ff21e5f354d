// SPDX-License-Identifier: Apache-2.0
// Set-associative TLB for 4 KB pages: the larger part of the L2. It has one port, which does one thing in a cycle: a
// lookup, an insert, a kill or a sweep step, all of them one compare of the ways of one set; only the whole-array
// invalidation stands beside it. Invariant: no two valid ways of a set match the same address. docs/contract.md,
// sections 6 and 7.
//
// Tags and data are packed to the bits that the configuration has. The arrays are addressed with {set, way}. Valid and
// global bits are kept by way and the PLRU bits by node, one bit a set, so that a whole array is invalidated or reset
// at one edge.
`include "tw_assert.svh"
`default_nettype none

module tw_tlb_sa #(
  parameter int Sets     = 8,
  parameter int Ways     = 2,
  parameter int AsidBits = 16,
  parameter int Formats  = 'h140
) (
  input  wire logic                      clk_i,
  input  wire logic                      rst_i,

  // Lookup: from the lookup stage.
  input  wire logic                      lookup_i,
  input  wire logic [tw_pkg::TagW-1:0]   lookup_tag_i,
  output logic                           hit_o,
  output logic [tw_pkg::TagW-1:0]        hit_tag_o,       // valid with hit_o, else 0
  output logic [tw_pkg::DataW-1:0]       hit_data_o,
  input  wire logic                      touch_i,         // the hit is used: counts for the replacement
  input  wire logic                      drop_i,          // what the lookup matches becomes invalid

  // Insert or kill: from a walk's completion.
  input  wire logic                      insert_i,
  input  wire logic                      kill_i,
  input  wire logic [tw_pkg::TagW-1:0]   new_tag_i,
  input  wire logic [tw_pkg::DataW-1:0]  new_data_i,      // insert only

  // Invalidation by scope: from the fence sequencer.
  input  wire logic                      sweep_i,         // one set
  input  wire logic [$clog2(Sets)-1:0]   sweep_set_i,
  input  wire logic [tw_pkg::TagW-1:0]   inval_tag_i,
  input  wire logic [tw_pkg::TagW-1:0]   inval_mask_i,
  input  wire logic                      inval_global_i,
  input  wire logic                      inval_all_i,     // every set, whatever address and ASID: FINISH
  input  wire logic                      clear_i,         // from the control registers: the format changes

  // Debug view, section 13: to pins.
  output logic                           dbg_write_o,
  output logic [11:0]                    dbg_set_o,
  output logic [2:0]                     dbg_way_o,
  output logic [tw_pkg::TagW+tw_pkg::DataW-1:0] dbg_entry_o,
  output logic                           dbg_inv_o,
  output logic [11:0]                    dbg_inv_set_o,
  output logic [7:0]                     dbg_inv_mask_o,
  output logic                           dbg_clear_o,
  output logic                           dbg_touch_o,
  output logic [11:0]                    dbg_touch_set_o,
  output logic [7:0]                     dbg_plru_o
);

  localparam int SetW = $clog2(Sets);
  localparam int WayW = $clog2(Ways);
  localparam int AttrW = tw_fmt::attr_w(Formats);
  localparam int PkeyW = tw_fmt::pkey_w(Formats);
  localparam int TagW  = tw_fmt::vpn_w(Formats) + AsidBits;
  localparam int DataW = tw_pkg::data_w(tw_fmt::ppn_w(Formats), AttrW, PkeyW);

  // mem2reg: registers, not memories, because all are changed at once.
  (* mem2reg *) logic [Sets-1:0] valid_q  [0:Ways-1];
  (* mem2reg *) logic [Sets-1:0] global_q [0:Ways-1];
  (* mem2reg *) logic [Sets-1:0] plru_q   [0:Ways-2];
  logic [TagW-1:0]               tag_q    [0:Sets*Ways-1];
  logic [DataW-1:0]              data_q   [0:Sets*Ways-1];

  // ---- The port: one set, one compare -------------------------------------------------------------------------------

  logic                    port_used, spare_global;
  logic [tw_pkg::TagW-1:0] asked_tag, asked_mask;
  logic [SetW-1:0]         set;
  logic [TagW-1:0]         tag, mask;
  logic [Ways-1:0]         set_valid, match;

  assign port_used = lookup_i || insert_i || kill_i || sweep_i;

  // The tag bits that an entry compares: all, but for the ASID of one that is global.
  function automatic logic [TagW-1:0] page_mask(input logic is_global);
    page_mask = TagW'({tw_pkg::tag_pack(AsidBits, tw_fmt::tag_mask(tw_fmt::Size4K, is_global))});
  endfunction

  always @* begin
    asked_tag    = lookup_tag_i;
    asked_mask   = '1;
    spare_global = 1'b0;
    if (sweep_i) begin
      asked_tag    = inval_tag_i;
      asked_mask   = inval_mask_i;
      spare_global = !inval_global_i;
    end else if (insert_i || kill_i) begin
      asked_tag = new_tag_i;
      // A kill is judged as an insert of a non-global page: all tag bits take part.
      if (insert_i) asked_mask = tw_fmt::tag_mask(tw_fmt::Size4K, new_data_i[tw_pkg::DataGlobal]);
    end
  end

  assign tag  = TagW'({tw_pkg::tag_pack(AsidBits, asked_tag)});
  assign mask = TagW'({tw_pkg::tag_pack(AsidBits, asked_mask)});
  assign set  = sweep_i ? sweep_set_i : tag[AsidBits +: SetW];

  always @* begin
    set_valid = '0;
    match     = '0;
    if (port_used) begin
      for (int w = 0; w < Ways; w++) begin
        set_valid[w] = valid_q[w][set];
        match[w]     = valid_q[w][set] && !(spare_global && global_q[w][set]) &&
                       ((tag ^ tag_q[{set, WayW'(w)}]) & mask & page_mask(global_q[w][set])) == '0;
      end
    end
  end

  // ---- Lookup -------------------------------------------------------------------------------------------------------

  logic [WayW-1:0] hit_way;

  always @* begin
    hit_way = '0;
    for (int w = 0; w < Ways; w++) begin
      if (match[w]) hit_way = hit_way | WayW'(w);  // at most one way matches
    end
  end

  assign hit_o      = lookup_i && match != '0;
  assign hit_tag_o  = hit_o ? tw_pkg::tag_unpack(AsidBits, tw_pkg::TagW'(tag_q[{set, hit_way}])) : '0;
  assign hit_data_o = hit_o ? tw_pkg::data_unpack(AttrW, PkeyW, tw_pkg::DataW'(data_q[{set, hit_way}])) : '0;

  // ---- Insert, kill, sweep ------------------------------------------------------------------------------------------

  logic            inval;
  logic [WayW-1:0] way;

  assign inval = insert_i || kill_i || sweep_i || drop_i;  // the ways that match become invalid

  always_ff @(posedge clk_i) begin
    if (rst_i || clear_i) begin
      for (int w = 0; w < Ways; w++) valid_q[w] <= '0;
    end else begin
      if (inval_all_i) begin
        for (int w = 0; w < Ways; w++) valid_q[w] <= inval_global_i ? '0 : valid_q[w] & global_q[w];
      end
      if (inval) begin
        for (int w = 0; w < Ways; w++) begin
          if (match[w]) valid_q[w][set] <= 1'b0;
          if (insert_i && way == WayW'(w)) valid_q[w][set] <= 1'b1;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (insert_i) begin
      tag_q[{set, way}]  <= tag;
      data_q[{set, way}] <= DataW'({tw_pkg::data_pack(AttrW, PkeyW, new_data_i)});
      for (int w = 0; w < Ways; w++) begin
        if (way == WayW'(w)) global_q[w][set] <= new_data_i[tw_pkg::DataGlobal];
      end
    end
  end

  // ---- Replacement --------------------------------------------------------------------------------------------------

  logic [Ways-2:0] tree, tree_d;

  always @* begin
    tree = '0;
    if (touch_i || insert_i) begin
      for (int n = 0; n < Ways - 1; n++) tree[n] = plru_q[n][set];
    end
  end

  tw_place #(.N(Ways)) u_place (
    .insert_i   (insert_i),
    .valid_i    (set_valid),
    .replaced_i (match),
    .tree_i     (tree),
    .hit_i      (touch_i),
    .hit_way_i  (hit_way),
    .way_o      (way),
    .tree_o     (tree_d)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      for (int n = 0; n < Ways - 1; n++) plru_q[n] <= '0;
    end else if (touch_i || insert_i) begin
      for (int n = 0; n < Ways - 1; n++) plru_q[n][set] <= tree_d[n];
    end
  end

  // ---- Debug view ---------------------------------------------------------------------------------------------------

  logic                 written;
  logic [SetW+WayW-1:0] written_at;
  logic [SetW+Ways-1:0] inv;       // {set, mask}
  logic [SetW+Ways-2:0] touched;   // {set, tree}
  logic                 unused_clear;

  tw_view #(.Width(SetW + WayW)) u_view_write (
    .clk_i    (clk_i),
    .rst_i    (rst_i),
    .strobe_i (insert_i),
    .value_i  ({set, way}),
    .strobe_o (written),
    .value_o  (written_at)
  );

  tw_view #(.Width(SetW + Ways)) u_view_inv (
    .clk_i    (clk_i),
    .rst_i    (rst_i),
    .strobe_i (inval && |match),
    .value_i  ({set, match}),
    .strobe_o (dbg_inv_o),
    .value_o  (inv)
  );

  tw_view #(.Width(SetW + Ways - 1)) u_view_touch (
    .clk_i    (clk_i),
    .rst_i    (rst_i),
    .strobe_i (touch_i || insert_i),
    .value_i  ({set, tree_d}),
    .strobe_o (dbg_touch_o),
    .value_o  (touched)
  );

  tw_view #(.Width(1)) u_view_clear (
    .clk_i    (clk_i),
    .rst_i    (rst_i),
    .strobe_i (inval_all_i || clear_i),
    .value_i  (1'b1),
    .strobe_o (dbg_clear_o),
    .value_o  (unused_clear)
  );

  assign dbg_write_o = written;
  assign {dbg_set_o, dbg_way_o} = {12'(written_at[WayW +: SetW]), 3'(written_at[WayW-1:0])};

  always @* begin
    dbg_entry_o = '0;
    if (written)
      dbg_entry_o = {tw_pkg::tag_unpack(AsidBits, tw_pkg::TagW'(tag_q[written_at])),
                     tw_pkg::data_unpack(AttrW, PkeyW, tw_pkg::DataW'(data_q[written_at]))};
  end

  assign dbg_inv_set_o   = 12'(inv[Ways +: SetW]);
  assign dbg_inv_mask_o  = 8'(inv[Ways-1:0]);
  assign dbg_touch_set_o = 12'(touched[Ways-1 +: SetW]);
  assign dbg_plru_o      = 8'(touched[Ways-2:0]);

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

`ifdef TW_ASSERT
  // What the last cycle did, and the valid ways that it should not have left.
  logic                    inserted_q, removed_q, spared_q;
  logic [SetW-1:0]         past_set_q;
  logic [WayW-1:0]         inserted_way_q;
  logic [TagW-1:0]         past_tag_q, past_mask_q;
  logic [Ways-1:0]         left;

  always_ff @(posedge clk_i) begin
    inserted_q <= insert_i && !rst_i && !clear_i;
    removed_q  <= (kill_i || sweep_i || drop_i) && !rst_i;
    if (inval) begin
      spared_q       <= spare_global;
      past_set_q     <= set;
      inserted_way_q <= way;
      past_tag_q     <= tag;
      past_mask_q    <= mask;
    end
  end

  always @* begin
    left = '0;
    if (inserted_q || removed_q) begin
      for (int w = 0; w < Ways; w++)
        left[w] = valid_q[w][past_set_q] && !(inserted_q && WayW'(w) == inserted_way_q) &&
                  !(spared_q && global_q[w][past_set_q]) &&
                  ((past_tag_q ^ tag_q[{past_set_q, WayW'(w)}]) & past_mask_q &
                   page_mask(global_q[w][past_set_q])) == '0;
    end
  end
`endif

  // The port does one thing at a time.
  `TW_EXPECT(port_used, 3'(lookup_i) + 3'(insert_i) + 3'(kill_i) + 3'(sweep_i) == 3'd1)

  // What is dropped was looked up, and not used.
  `TW_EXPECT(drop_i, lookup_i && !touch_i)

  // An insert is of a 4 KB page, and comes neither in FINISH nor when the format changes.
  `TW_EXPECT(insert_i, tw_pkg::data_size(new_data_i) == tw_fmt::Size4K && !inval_all_i && !clear_i)

  // The entry just inserted is valid and shares no address with another.
  `TW_CHECK(inserted_q, valid_q[inserted_way_q][past_set_q] && left == '0)

  // After a kill nothing matches its address, after a sweep step nothing in the fence's scope is left in the set.
  `TW_CHECK(removed_q, left == '0)

  // A lookup hits at most one way.
  `TW_CHECK(hit_o, (match & (match - 1'b1)) == '0)

`ifdef FORMAL
  // What is touched was hit.
  `TW_EXPECT(touch_i, hit_o)

  for (genvar s = 0; s < Sets; s++) begin : g_set
    for (genvar a = 0; a < Ways; a++) begin : g_way
      // An entry lies in the set of its VPN, and its global bit is kept twice.
      logic [tw_pkg::DataW-1:0] data;

      assign data = tw_pkg::data_unpack(AttrW, PkeyW, tw_pkg::DataW'(data_q[s*Ways+a]));
      `TW_CHECK(valid_q[a][s], tag_q[s*Ways+a][AsidBits +: SetW] == SetW'(s) &&
                               global_q[a][s] == data[tw_pkg::DataGlobal])

      // No two valid ways of a set share an address.
      for (genvar b = 0; b < a; b++) begin : g_pair
        `TW_CHECK(valid_q[a][s] && valid_q[b][s],
                  ((tag_q[s*Ways+a] ^ tag_q[s*Ways+b]) & page_mask(global_q[a][s] || global_q[b][s])) != '0)
      end
    end
  end
`endif

endmodule

`default_nettype wire
