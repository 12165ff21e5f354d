// SPDX-License-Identifier: Apache-2.0
// Lookup stage: arbitrates the L2's one port between completions, sweeps and lookups, and decides what a lookup leads
// to - an answer, waiting for a walk that is under way, a walk of its own, a fault, or another try. Invariants: a
// lookup has one outcome; a port that finds no walker waits at most for one walk of the other after one is free.
// docs/contract.md, section 7.
`include "tw_assert.svh"
`default_nettype none

module tw_lookup #(
  parameter int MissEntries = 2,
  parameter int Walkers     = 2,
  parameter int Formats     = 'h140
) (
  input  wire logic                                    clk_i,
  input  wire logic                                    rst_i,

  // From the control registers.
  input  wire logic [tw_fmt::RowW-1:0]                 row_i,
  input  wire logic [tw_pkg::FlagsW-1:0]               flags_i,
  input  wire logic [31:0]                             pkru_i,

  // The L2's port: a walk's completion and a fence take it before a lookup does.
  input  wire logic                                    walk_done_i,
  input  wire logic                                    finish_i,      // from the fence sequencer
  input  wire logic                                    sweep_i,
  output logic                                         sweep_gnt_o,

  // The entries whose turn it is: from the miss queues, port f lowest.
  input  wire logic [1:0]                              pending_i,
  input  wire logic [2*tw_pkg::index_w(MissEntries)-1:0] pending_slot_i,
  input  wire logic [2*tw_pkg::VaW-1:0]                pending_va_i,
  input  wire logic [2*tw_pkg::ModeW-1:0]              pending_mode_i,
  input  wire logic [1:0]                              pending_merged_i,

  // Lookup: to the L2 and the walk start, and what they say.
  output logic                                         lookup_o,
  output logic                                         lookup_port_o,
  output logic [tw_pkg::index_w(MissEntries)-1:0]      lookup_slot_o,
  output logic [tw_pkg::VaW-1:0]                       lookup_va_o,
  input  wire logic                                    hit_i,         // the L2 has the page
  input  wire logic [tw_pkg::DataW-1:0]                hit_page_i,
  input  wire logic                                    rooted_i,      // there is a table to begin in

  // Outcome: one of these with lookup_o.
  output logic                                         hit_o,         // a: completes; to the L2 (touch)
  output logic                                         merge_o,       // b: event
  output logic                                         rootless_o,    // c0: completes with a fault
  output logic                                         start_o,       // c: to the walk start and the walk cache
  output logic                                         stuck_o,       // d: event
  output logic [tw_pkg::InfoW-1:0]                     rootless_info_o,
  output logic [1:0]                                   looked_o,      // to the miss queues: which port has the lookup
  output logic [tw_pkg::index_w(Walkers)-1:0]          walker_o,      // the one that is waited for
  output logic [Walkers-1:0]                           start_walker_o, // to the walkers

  // The walkers, walker 0 lowest.
  input  wire logic [Walkers-1:0]                      walk_idle_i,
  input  wire logic [Walkers-1:0]                      walk_joinable_i, // walking, neither killed nor tainted
  input  wire logic [Walkers-1:0]                      walk_kill_i,     // from the miss queues: killed in this cycle
  input  wire logic [Walkers*tw_pkg::VpnW-1:0]         walk_vpn_i
);

  localparam int SlotW = tw_pkg::index_w(MissEntries);
  localparam int WalkW = tw_pkg::index_w(Walkers);
  localparam logic [tw_pkg::VpnW-1:0] VpnMask = tw_fmt::vpn_mask(Formats);

  // ---- The L2's port: completion, FINISH, sweep, lookup -------------------------------------------------------------

  logic last_sweep_q;  // the last sweep or lookup was a sweep
  logic last_port_q;   // the last lookup was of port d
  logic port;

  assign sweep_gnt_o = sweep_i && !walk_done_i && !(pending_i != '0 && last_sweep_q);
  assign lookup_o    = pending_i != '0 && !walk_done_i && !finish_i && !sweep_gnt_o;

  assign port          = pending_i == 2'b11 ? !last_port_q : pending_i[1];
  assign lookup_port_o = port;
  assign looked_o      = {lookup_o && port, lookup_o && !port};

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      last_sweep_q <= 1'b0;
      last_port_q  <= 1'b1;
    end else if (sweep_gnt_o) begin
      last_sweep_q <= 1'b1;
    end else if (lookup_o) begin
      last_sweep_q <= 1'b0;
      last_port_q  <= port;
    end
  end

  // ---- The request --------------------------------------------------------------------------------------------------

  logic [tw_pkg::ModeW-1:0] mode;
  logic                     merged;

  assign lookup_slot_o = port ? pending_slot_i[SlotW +: SlotW] : pending_slot_i[0 +: SlotW];
  assign lookup_va_o   = port ? pending_va_i[tw_pkg::VaW +: tw_pkg::VaW] : pending_va_i[0 +: tw_pkg::VaW];
  assign mode          = port ? pending_mode_i[tw_pkg::ModeW +: tw_pkg::ModeW] : pending_mode_i[0 +: tw_pkg::ModeW];
  assign merged        = pending_merged_i[port];

  logic                     unused_legal;
  logic [tw_pkg::InfoW-1:0] unused_illegal, unused_bus_error;

  tw_check #(.Formats(Formats)) u_check (
    .row_i        (row_i),
    .flags_i      (flags_i),
    .pkru_i       (pkru_i),
    .req_i        (1'b0),
    .va_i         ({tw_pkg::VaW{1'b0}}),
    .mode_i       (mode),
    .legal_o      (unused_legal),
    .fault_i      (rootless_o),
    .illegal_o    (unused_illegal),
    .bus_error_o  (unused_bus_error),
    .missing_o    (rootless_info_o),
    .page_valid_i (hit_i),
    .page_i       (hit_page_i),
    .usable_o     (hit_o)
  );

  // ---- Outcome ------------------------------------------------------------------------------------------------------

  logic [1:0]         want_q;        // the port found no walker
  logic               last_walk_q;   // the last walk was started by port d
  logic               unlucky;
  logic [Walkers-1:0] same_page;
  logic [WalkW-1:0]   join_walker, idle_walker;

  always @* begin
    same_page = '0;
    if (lookup_o) begin
      for (int w = 0; w < Walkers; w++) begin
        same_page[w] = walk_joinable_i[w] && !walk_kill_i[w] &&
                       walk_vpn_i[w*tw_pkg::VpnW +: tw_pkg::VpnW] == (tw_pkg::vpn_of(lookup_va_o) & VpnMask);
      end
    end
  end

  // A port that found no walker has the next one before the port that started the last walk.
  assign unlucky = want_q[!port] && last_walk_q == port;

  assign merge_o    = lookup_o && !hit_o && !merged && same_page != '0;
  assign rootless_o = lookup_o && !hit_o && !merge_o && !rooted_i;
  assign start_o    = lookup_o && !hit_o && !merge_o && rooted_i && walk_idle_i != '0 && !unlucky;
  assign stuck_o    = lookup_o && !hit_o && !merge_o && rooted_i && !start_o;

  tw_pick #(.N(Walkers)) u_pick_join (
    .request_i (same_page),
    .pointer_i ({WalkW{1'b0}}),
    .index_o   (join_walker)
  );

  tw_pick #(.N(Walkers)) u_pick_idle (
    .request_i (walk_idle_i),
    .pointer_i ({WalkW{1'b0}}),
    .index_o   (idle_walker)
  );

  assign walker_o = merge_o ? join_walker : idle_walker;

  always @* begin
    start_walker_o = '0;
    if (start_o) start_walker_o[idle_walker] = 1'b1;
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      want_q      <= '0;
      last_walk_q <= 1'b1;
    end else begin
      want_q <= want_q & pending_i;
      if (lookup_o) want_q[port] <= stuck_o;
      if (start_o) last_walk_q <= port;
    end
  end

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

  // A lookup has the L2's port for itself, and one outcome.
  `TW_CHECK(lookup_o, !sweep_gnt_o && !walk_done_i && !finish_i &&
                      3'(hit_o) + 3'(merge_o) + 3'(rootless_o) + 3'(start_o) + 3'(stuck_o) == 3'd1)

  // A walk starts in one idle walker.
  `TW_CHECK(start_o, (start_walker_o & ~walk_idle_i) == '0 && start_walker_o != '0 &&
                     (start_walker_o & (start_walker_o - 1'b1)) == '0)

  // Where a lookup waits for a walk, that walk is under way and of the same page.
  `TW_CHECK(merge_o, walk_joinable_i[walker_o] && same_page[walker_o])

`ifdef FORMAL
  // The L2 answers when it is asked.
  `TW_EXPECT(hit_i, lookup_o)

  // A fence does not sweep while it finishes.
  `TW_EXPECT(finish_i, !sweep_i)

  // A walker that may be joined is not idle.
  `TW_EXPECT(walk_joinable_i != '0, (walk_joinable_i & walk_idle_i) == '0)

  // Without a lookup there is no outcome.
  `TW_CHECK(!lookup_o, !hit_o && !merge_o && !rootless_o && !start_o && !stuck_o)

  // A sweep waits for at most one lookup.
  logic denied_q;

  always_ff @(posedge clk_i) denied_q <= sweep_i && !sweep_gnt_o && !walk_done_i && !finish_i && !rst_i;

  `TW_CHECK(denied_q && sweep_i && !walk_done_i, sweep_gnt_o)
`endif

endmodule

`default_nettype wire
