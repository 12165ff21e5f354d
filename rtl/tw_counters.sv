// SPDX-License-Identifier: Apache-2.0
// Event pulses and their counters. Invariant: counter i is the number of cycles in which bit i of events_o has been
// high since reset, modulo 2^64. docs/contract.md, section 12.
`include "tw_assert.svh"
`default_nettype none

module tw_counters (
  input  wire logic        clk_i,
  input  wire logic        rst_i,

  // Events of this cycle; two bits: port f lowest.
  input  wire logic [3:0]  l1f_hit_i,      // from the request stages; by size
  input  wire logic [3:0]  l1d_hit_i,
  input  wire logic [1:0]  l1_miss_i,
  input  wire logic [1:0]  direct_i,
  input  wire logic [3:0]  l2_hit_i,       // from the lookup stage; by size
  input  wire logic        walk_start_i,
  input  wire logic        merge_i,
  input  wire logic        no_walker_i,
  input  wire logic        pwc_start_i,
  input  wire logic        walk_ok_i,      // from the walkers
  input  wire logic        walk_fault_i,
  input  wire logic        walk_restart_i,
  input  wire logic        cas_lost_i,
  input  wire logic        mem_read_i,     // from the memory port
  input  wire logic        mem_cas_i,
  input  wire logic        pwc_fill_i,     // from the walk cache
  input  wire logic        walk_killed_i,  // from the walkers
  input  wire logic        fence_i,        // from the fence sequencer
  input  wire logic        ctrl_i,         // from the control registers
  input  wire logic        req_stall_i,    // from the pins
  input  wire logic        resp_stall_i,

  output logic [tw_pkg::Events-1:0] events_o,       // to pins, one cycle later
  input  wire logic [4:0]  counter_sel_i,  // from pins
  output logic [63:0]      counter_o       // to pins: the selected counter, one cycle later
);

  logic [tw_pkg::Events-1:0] events_q;
  logic [63:0] counter_q;
  (* mem2reg *) logic [63:0] count_q [0:tw_pkg::Events-1];  // registers, not a memory: all are reset at once

  localparam int W = tw_pkg::Events;

  always_ff @(posedge clk_i) begin : count
    // Computed in the clocked block, the only one that reads it: a simulator computes it once a cycle.
    logic [W-1:0] now;

    now = W'(l1f_hit_i) << tw_pkg::EvL1fHit | W'(l1d_hit_i) << tw_pkg::EvL1dHit |
          W'(l1_miss_i[0]) << tw_pkg::EvL1fMiss | W'(l1_miss_i[1]) << tw_pkg::EvL1dMiss |
          W'(direct_i[0]) << tw_pkg::EvDirectF | W'(direct_i[1]) << tw_pkg::EvDirectD |
          W'(l2_hit_i) << tw_pkg::EvL2Hit | W'(walk_start_i) << tw_pkg::EvWalkStart |
          W'(merge_i) << tw_pkg::EvMerge | W'(no_walker_i) << tw_pkg::EvNoWalker |
          W'(pwc_start_i) << tw_pkg::EvPwcStart | W'(walk_ok_i) << tw_pkg::EvWalkOk |
          W'(walk_fault_i) << tw_pkg::EvWalkFault | W'(walk_restart_i) << tw_pkg::EvWalkRestart |
          W'(cas_lost_i) << tw_pkg::EvCasLost | W'(mem_read_i) << tw_pkg::EvMemRead |
          W'(mem_cas_i) << tw_pkg::EvMemCas | W'(pwc_fill_i) << tw_pkg::EvPwcFill |
          W'(walk_killed_i) << tw_pkg::EvWalkKilled | W'(fence_i) << tw_pkg::EvFence |
          W'(ctrl_i) << tw_pkg::EvCtrl | W'(req_stall_i) << tw_pkg::EvReqStall |
          W'(resp_stall_i) << tw_pkg::EvRespStall;
    if (rst_i) begin
      events_q  <= '0;
      counter_q <= '0;
      for (int i = 0; i < tw_pkg::Events; i++) count_q[i] <= '0;
    end else begin
      events_q  <= now;
      counter_q <= count_q[counter_sel_i];
      if (now != '0) begin
        for (int i = 0; i < tw_pkg::Events; i++) begin
          if (now[i]) count_q[i] <= count_q[i] + 64'd1;
        end
      end
    end
  end

  assign events_o  = events_q;
  assign counter_o = counter_q;

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

`ifdef FORMAL
  // Shown for any one counter.
  (* anyconst *) logic [4:0] some;
  logic [63:0]               past_q;
  logic                      was_alive_q;

  always_ff @(posedge clk_i) begin
    past_q      <= count_q[some];
    was_alive_q <= alive_q && !rst_i;
  end

  // A counter goes up by one with its pulse, and not otherwise.
  `TW_CHECK(was_alive_q && events_q[some], count_q[some] == past_q + 64'd1)
  `TW_CHECK(was_alive_q && !events_q[some], count_q[some] == past_q)
`endif

  // No walk both succeeds and fails, and what is started below the root is started.
  `TW_EXPECT(walk_ok_i, !walk_fault_i && !walk_restart_i && !walk_killed_i)
  `TW_EXPECT(pwc_start_i, walk_start_i)

endmodule

`default_nettype wire
