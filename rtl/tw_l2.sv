// SPDX-License-Identifier: Apache-2.0
// L2 TLB: the set-associative part for 4 KB pages, the superpage part for all others, and the choice between them. A
// part of size 0 is not there. Invariant: what one part says does not depend on the other. docs/contract.md, sections 6
// and 7.
`include "tw_assert.svh"
`default_nettype none

module tw_l2 #(
  parameter int Sets      = 8,
  parameter int Ways      = 2,
  parameter int SpEntries = 4,
  parameter int AsidBits  = 16,
  parameter int Formats   = 'h140
) (
  input  wire logic                             clk_i,
  input  wire logic                             rst_i,

  // Lookup: from the lookup stage.
  input  wire logic                             lookup_i,
  input  wire logic [tw_pkg::TagW-1:0]          lookup_tag_i,
  output logic                                  hit_o,
  output logic [tw_pkg::TagW-1:0]               hit_tag_o,       // valid with hit_o, else 0
  output logic [tw_pkg::DataW-1:0]              hit_page_o,
  input  wire logic                             touch_i,         // the hit completes
  input  wire logic                             drop_i,          // what the lookup matches is killed

  // Insert or kill: from the completion of a walk.
  input  wire logic                             insert_i,
  input  wire logic                             kill_i,
  input  wire logic [tw_pkg::TagW-1:0]          new_tag_i,
  input  wire logic [tw_pkg::DataW-1:0]         new_page_i,

  // From the fence sequencer and the control registers.
  input  wire logic                             sweep_i,
  input  wire logic [tw_pkg::index_w(Sets)-1:0] sweep_set_i,
  input  wire logic                             finish_i,
  input  wire logic                             finish_all_i,
  input  wire logic [tw_pkg::TagW-1:0]          scope_tag_i,
  input  wire logic [tw_pkg::TagW-1:0]          scope_mask_i,
  input  wire logic                             scope_global_i,
  input  wire logic                             clear_i,

  // Debug view, section 13: to pins.
  output logic                                  dbg_write_o,
  output logic [11:0]                           dbg_set_o,
  output logic [2:0]                            dbg_way_o,
  output logic [tw_pkg::TagW+tw_pkg::DataW-1:0] dbg_entry_o,
  output logic                                  dbg_inv_o,
  output logic [11:0]                           dbg_inv_set_o,
  output logic [7:0]                            dbg_inv_mask_o,
  output logic                                  dbg_clear_o,
  output logic                                  dbg_touch_o,
  output logic [11:0]                           dbg_touch_set_o,
  output logic [7:0]                            dbg_plru_o,
  output logic                                  dbg_sp_write_o,
  output logic [5:0]                            dbg_sp_index_o,
  output logic [tw_pkg::TagW+tw_pkg::DataW-1:0] dbg_sp_entry_o,
  output logic [63:0]                           dbg_sp_valid_o,
  output logic [63:0]                           dbg_sp_plru_o
);

  logic                     sa_hit, sp_hit, is_4k;
  logic [tw_pkg::TagW-1:0]  sa_tag, sp_tag;
  logic [tw_pkg::DataW-1:0] sa_page, sp_page;

  assign is_4k = tw_pkg::data_size(new_page_i) == tw_fmt::Size4K;

  // A 4 KB entry from before the page became part of a superpage answers first.
  assign hit_o      = sa_hit || sp_hit;
  assign hit_tag_o  = sa_hit ? sa_tag : sp_tag;
  assign hit_page_o = sa_hit ? sa_page : sp_page;

  if (Sets != 0) begin : g_sa
    tw_tlb_sa #(.Sets(Sets), .Ways(Ways), .AsidBits(AsidBits), .Formats(Formats)) u_sa (
      .clk_i           (clk_i),
      .rst_i           (rst_i),
      .lookup_i        (lookup_i),
      .lookup_tag_i    (lookup_tag_i),
      .hit_o           (sa_hit),
      .hit_tag_o       (sa_tag),
      .hit_data_o      (sa_page),
      .touch_i         (touch_i && sa_hit),
      .drop_i          (drop_i),
      .insert_i        (insert_i && is_4k),
      .kill_i          (kill_i),
      .new_tag_i       (new_tag_i),
      .new_data_i      (new_page_i),
      .sweep_i         (sweep_i),
      .sweep_set_i     (sweep_set_i),
      .inval_tag_i     (scope_tag_i),
      .inval_mask_i    (scope_mask_i),
      .inval_global_i  (scope_global_i),
      .inval_all_i     (finish_all_i),
      .clear_i         (clear_i),
      .dbg_write_o     (dbg_write_o),
      .dbg_set_o       (dbg_set_o),
      .dbg_way_o       (dbg_way_o),
      .dbg_entry_o     (dbg_entry_o),
      .dbg_inv_o       (dbg_inv_o),
      .dbg_inv_set_o   (dbg_inv_set_o),
      .dbg_inv_mask_o  (dbg_inv_mask_o),
      .dbg_clear_o     (dbg_clear_o),
      .dbg_touch_o     (dbg_touch_o),
      .dbg_touch_set_o (dbg_touch_set_o),
      .dbg_plru_o      (dbg_plru_o)
    );
  end else begin : g_no_sa
    logic unused_sa;

    assign unused_sa = ^{clk_i, rst_i, lookup_i, lookup_tag_i, touch_i, drop_i, insert_i, kill_i, new_tag_i, is_4k,
                         sweep_i, sweep_set_i, finish_all_i, scope_tag_i, scope_mask_i, scope_global_i, clear_i};
    assign {sa_hit, sa_tag, sa_page} = '0;
    assign {dbg_write_o, dbg_set_o, dbg_way_o, dbg_entry_o} = '0;
    assign {dbg_inv_o, dbg_inv_set_o, dbg_inv_mask_o, dbg_clear_o} = '0;
    assign {dbg_touch_o, dbg_touch_set_o, dbg_plru_o} = '0;
  end

  if (SpEntries != 0) begin : g_sp
    tw_tlb_fa #(.Entries(SpEntries), .AsidBits(AsidBits), .Formats(Formats)) u_sp (
      .clk_i          (clk_i),
      .rst_i          (rst_i),
      .lookup_i       (lookup_i),
      .lookup_tag_i   (lookup_tag_i),
      .hit_o          (sp_hit),
      .hit_tag_o      (sp_tag),
      .hit_data_o     (sp_page),
      .touch_i        (touch_i && !sa_hit),
      .insert_i       (insert_i && !is_4k),
      .kill_i         (kill_i || drop_i),
      .new_tag_i      (drop_i ? lookup_tag_i : new_tag_i),
      .new_data_i     (new_page_i),
      .inval_i        (finish_i),
      .inval_tag_i    (scope_tag_i),
      .inval_mask_i   (scope_mask_i),
      .inval_global_i (scope_global_i),
      .clear_i        (clear_i),
      .dbg_write_o    (dbg_sp_write_o),
      .dbg_index_o    (dbg_sp_index_o),
      .dbg_entry_o    (dbg_sp_entry_o),
      .dbg_valid_o    (dbg_sp_valid_o),
      .dbg_plru_o     (dbg_sp_plru_o)
    );
  end else begin : g_no_sp
    logic unused_sp;

    assign unused_sp = ^{clk_i, rst_i, lookup_i, lookup_tag_i, touch_i, drop_i, insert_i, kill_i, new_tag_i, is_4k,
                         finish_i, scope_tag_i, scope_mask_i, scope_global_i, clear_i};
    assign {sp_hit, sp_tag, sp_page} = '0;
    assign {dbg_sp_write_o, dbg_sp_index_o, dbg_sp_entry_o, dbg_sp_valid_o, dbg_sp_plru_o} = '0;
  end

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

  // One lookup is not both used and dropped, and has the port for itself.
  `TW_EXPECT(drop_i, lookup_i && !touch_i && !kill_i && !insert_i)

  // The port does one thing at a time: it looks up, inserts, kills or sweeps.
  `TW_EXPECT(lookup_i || insert_i || kill_i || sweep_i,
             3'(lookup_i) + 3'(insert_i) + 3'(kill_i) + 3'(sweep_i) == 3'd1)

  // What is inserted is aligned, and comes neither in FINISH nor when the format changes.
  `TW_EXPECT(insert_i, !finish_i && !finish_all_i && !clear_i &&
                       (new_tag_i & ~tw_fmt::tag_mask(tw_pkg::data_size(new_page_i), 1'b0)) == '0)

  // What is touched was hit.
  `TW_EXPECT(touch_i, hit_o)

  // What hits agrees with the address looked up in every bit of the tag that its page compares and the configuration has.
  `TW_CHECK(hit_o, lookup_i && tw_pkg::tag_pack(AsidBits, (lookup_tag_i ^ hit_tag_o) & tw_fmt::tag_mask(
                     tw_pkg::data_size(hit_page_o), hit_page_o[tw_pkg::DataGlobal])) <<
                   (tw_pkg::TagW - tw_fmt::vpn_w(Formats) - AsidBits) == '0)

  // Without a hit there is no page.
  `TW_CHECK(!hit_o, {hit_tag_o, hit_page_o} == '0)

endmodule

`default_nettype wire
