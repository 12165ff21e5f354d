// SPDX-License-Identifier: Apache-2.0
// One page-table walker: reads one entry after the other, sets A and D with a compare-and-swap, and ends with a
// translation or a fault. The decoder is shared: an answer comes here together with the decoded entry. Invariants: only
// a walk from the root ends with a fault; a walk that faults has written nothing but A bits of pointers above a leaf
// that was good when it was read; a killed or tainted walk fills nothing. docs/contract.md, section 8; the states are
// drawn in README.md.
`include "tw_assert.svh"
`default_nettype none

module tw_walker #(
  parameter int OwnerW = 2
) (
  input  wire logic                       clk_i,
  input  wire logic                       rst_i,

  // Start: from the lookup stage, with the walk cache's entry or the root.
  input  wire logic                       start_i,
  input  wire logic [OwnerW-1:0]          start_owner_i,
  input  wire logic [tw_pkg::VpnW-1:0]    start_vpn_i,
  input  wire logic                       start_root_i,
  input  wire logic [tw_pkg::LevelW-1:0]  start_level_i,
  input  wire logic [tw_pkg::RightsW-1:0] start_rights_i,
  input  wire logic [tw_pkg::PaW-1:0]     start_addr_i,

  input  wire logic                       kill_i,         // from the miss queue: the owner is cancelled
  input  wire logic                       taint_i,        // from the fence sequencer: a fence is taken
  input  wire logic                       grant_i,        // from the memory arbiter: the request is taken

  // Answer: from memory and the decoder, for this walker in WAIT or CAS_WAIT.
  input  wire logic                       answer_i,
  input  wire logic                       answer_err_i,
  input  wire logic [63:0]                answer_data_i,
  input  wire logic [1:0]                 pte_kind_i,
  input  wire logic                       pte_stale_i,
  input  wire logic [63:0]                pte_update_i,
  input  wire logic [tw_pkg::RightsW-1:0] pte_rights_i,
  input  wire logic [tw_pkg::PaW-1:0]     next_addr_i,    // the entry in the table that a pointer leads to
  input  wire logic [tw_pkg::LevelW-1:0]  root_level_i,   // for a restart
  input  wire logic [tw_pkg::PaW-1:0]     root_addr_i,

  // Outcome of this cycle's answer: to the completion stage, the walk cache and the counters.
  output logic                            ok_o,
  output logic                            fault_o,
  output logic                            fill_o,         // a good pointer: fill the walk cache
  output logic                            restart_o,
  output logic                            cas_lost_o,
  output logic                            killed_o,       // the walk ends because it was killed

  // Registers: to the arbiter, the decoder, the lookup stage and the debug view.
  output logic [2:0]                      state_o,
  output logic [OwnerW-1:0]               owner_o,
  output logic [tw_pkg::VpnW-1:0]         vpn_o,
  output logic [tw_pkg::LevelW-1:0]       level_o,
  output logic [tw_pkg::RightsW-1:0]      rights_o,
  output logic [tw_pkg::PaW-1:0]          addr_o,
  output logic [63:0]                     expected_o,
  output logic [63:0]                     desired_o,
  output logic                            dead_o,         // killed
  output logic                            tainted_o
);

  typedef enum logic [2:0] {
    StIdle    = 3'd0,
    StReq     = 3'd1,
    StWait    = 3'd2,
    StCasReq  = 3'd3,
    StCasWait = 3'd4
  } state_e;

  state_e                     state_q;
  logic [OwnerW-1:0]          owner_q;
  logic [tw_pkg::VpnW-1:0]    vpn_q;
  logic [tw_pkg::LevelW-1:0]  level_q;
  logic [tw_pkg::RightsW-1:0] rights_q;
  logic [tw_pkg::PaW-1:0]     addr_q;
  logic [63:0]                expected_q, desired_q;
  logic                       from_root_q;  // no walk-cache entry was used: a fault is final
  logic                       need_a_q;     // a pointer with A = 0 was passed: pass 2 sets it
  logic                       pass2_q;      // the leaf is known to be good: A bits of pointers are set
  logic                       tainted_q, killed_q;

  // ---- What an answer leads to --------------------------------------------------------------------------------------

  typedef enum logic [3:0] {
    ActNone    = 4'd0,
    ActKilled  = 4'd1,   // the walk ends without an answer
    ActFault   = 4'd2,   // it ends with a fault
    ActOk      = 4'd3,   // it ends with a translation
    ActNext    = 4'd4,   // on to the next level
    ActFill    = 4'd5,   // the same, and the walk cache learns the pointer
    ActCas     = 4'd6,   // A or D must be set first
    ActRestart = 4'd7,   // again from the root
    ActLost    = 4'd8,   // the same, because the compare-and-swap was lost
    ActPass2   = 4'd9    // the same, to set the A bits of the pointers
  } act_e;

  act_e act;
  logic next, restart;

  always @* begin
    act = ActNone;
    if (answer_i) begin
      if (killed_q || kill_i)                                      act = ActKilled;
      else if (state_q == StCasWait && !answer_err_i && answer_data_i != expected_q)
                                                                   act = ActLost;
      else if (answer_err_i || pte_kind_i == tw_pkg::KindFault) begin
        if (from_root_q)                                           act = ActFault;
        else                                                       act = ActRestart;
      end else if (pte_kind_i == tw_pkg::KindPointer) begin
        if (pte_stale_i && pass2_q)                                act = ActCas;
        else if (pte_stale_i || need_a_q || tainted_q)             act = ActNext;
        else                                                       act = ActFill;
      end else begin
        if (need_a_q)                                              act = ActPass2;
        else if (pte_stale_i)                                      act = ActCas;
        else                                                       act = ActOk;
      end
    end
  end

  assign next    = act == ActNext || act == ActFill;
  assign restart = act == ActRestart || act == ActLost || act == ActPass2;

  assign ok_o       = act == ActOk;
  assign fault_o    = act == ActFault;
  assign fill_o     = act == ActFill;
  assign restart_o  = restart;
  assign cas_lost_o = act == ActLost;
  assign killed_o   = act == ActKilled;

  // ---- State --------------------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= StIdle;
    end else if (start_i) begin
      state_q <= StReq;
    end else if (grant_i) begin
      state_q <= state_q == StReq ? StWait : StCasWait;
    end else if (answer_i) begin
      state_q <= next || restart ? StReq : act == ActCas ? StCasReq : StIdle;
    end
  end

  // Both marks belong to one walk: they are zero in IDLE.
  always_ff @(posedge clk_i) begin
    if (rst_i || ok_o || fault_o || killed_o) begin
      tainted_q <= 1'b0;
      killed_q  <= 1'b0;
    end else begin
      if (taint_i && (start_i || state_q != StIdle)) tainted_q <= 1'b1;
      if (kill_i) killed_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      owner_q     <= start_owner_i;
      vpn_q       <= start_vpn_i;
      level_q     <= start_level_i;
      rights_q    <= start_rights_i;
      addr_q      <= start_addr_i;
      from_root_q <= start_root_i;
      need_a_q    <= 1'b0;
      pass2_q     <= 1'b0;
    end else if (restart) begin
      level_q     <= root_level_i;
      rights_q    <= tw_pkg::RightsRoot;
      addr_q      <= root_addr_i;
      from_root_q <= 1'b1;
      need_a_q    <= 1'b0;
      pass2_q     <= act == ActPass2;
    end else if (next) begin
      level_q  <= level_q - 3'd1;
      rights_q <= pte_rights_i;
      addr_q   <= next_addr_i;
      if (pte_stale_i) need_a_q <= 1'b1;
    end else if (act == ActCas) begin
      expected_q <= answer_data_i;
      desired_q  <= pte_update_i;
    end
  end

  assign state_o    = state_q;
  assign owner_o    = owner_q;
  assign vpn_o      = vpn_q;
  assign level_o    = level_q;
  assign rights_o   = rights_q;
  assign addr_o     = addr_q;
  assign expected_o = expected_q;
  assign desired_o  = desired_q;
  assign dead_o     = killed_q;
  assign tainted_o  = tainted_q;

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

  // A start finds the walker idle.
  `TW_EXPECT(start_i, state_q == StIdle)

  // A grant finds a request presented.
  `TW_EXPECT(grant_i, state_q == StReq || state_q == StCasReq)

  // An answer comes to a walker that waits for it.
  `TW_EXPECT(answer_i, state_q == StWait || state_q == StCasWait)

  // Only a walk that runs, and was not killed, is killed.
  `TW_EXPECT(kill_i, state_q != StIdle && !killed_q)

  // Only a walk from the root ends with a fault.
  `TW_CHECK(fault_o, from_root_q)

  // A killed walk ends without an answer and fills nothing.
  `TW_CHECK(killed_q && answer_i, killed_o && !ok_o && !fault_o && !fill_o && !restart_o)

  // What fills the walk cache speaks for its whole path, and was not read before a fence.
  `TW_CHECK(fill_o, !tainted_q && !need_a_q && !pte_stale_i)

`ifdef FORMAL
  // The decoder finds no pointer in the last level.
  `TW_EXPECT(answer_i && !answer_err_i && pte_kind_i == tw_pkg::KindPointer, level_q != '0)

  // Nothing ends, fills or restarts without an answer.
  `TW_CHECK(!answer_i, !ok_o && !fault_o && !fill_o && !restart_o && !killed_o && !cas_lost_o)

  // Both marks are zero in IDLE.
  `TW_CHECK(state_q == StIdle, !tainted_q && !killed_q)

  // Pass 2 is of a walk from the root.
  `TW_CHECK(state_q != StIdle && pass2_q, from_root_q)

  logic                   asked_q;
  logic [tw_pkg::PaW-1:0] asked_addr_q;
  logic [127:0]           asked_words_q;

  always_ff @(posedge clk_i) begin
    asked_q       <= !rst_i && (state_q == StReq || state_q == StCasReq) && !grant_i;
    asked_addr_q  <= addr_q;
    asked_words_q <= {expected_q, desired_q};
  end

  // A request stays, unchanged, until it is granted.
  `TW_CHECK(asked_q, (state_q == StReq || state_q == StCasReq) && addr_q == asked_addr_q &&
                     {expected_q, desired_q} == asked_words_q)
`endif

endmodule

`default_nettype wire
