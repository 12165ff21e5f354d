// SPDX-License-Identifier: Apache-2.0
// One page-table walker: reads one entry after the other, sets A and D with a compare-and-swap, and ends with a
// translation or a fault. The decoder is shared: an answer comes here together with the decoded entry. Invariants: only
// a walk from the root ends with a fault; a walk that faults has written nothing but A bits of pointers above a leaf
// that was good when it was read; a killed or tainted walk fills nothing. docs/contract.md, section 8; the states are
// drawn in README.md.
`include "tw_assert.svh"
`default_nettype none

module tw_walker #(
  parameter int OwnerW  = 2,
  parameter int Formats = 'h140
) (
  input  wire logic                       clk_i,
  input  wire logic                       rst_i,

  // Start: from the lookup stage, with the walk cache's entry or the root.
  input  wire logic                       start_i,
  input  wire logic [OwnerW-1:0]          start_owner_i,
  input  wire logic [tw_pkg::VpnW-1:0]    start_vpn_i,
  input  wire logic                       start_root_i,
  input  wire logic [tw_pkg::LevelW-1:0]  start_level_i,
  input  wire logic [tw_pkg::AboveW-1:0] start_above_i,
  input  wire logic [tw_pkg::PaW-1:0]     start_addr_i,
  input  wire logic                       start_narrow_i, // the format's entries have 4 bytes

  input  wire logic                       kill_i,         // from the miss queue: the owner is cancelled
  input  wire logic                       taint_i,        // from the fence sequencer: a fence is taken
  input  wire logic                       grant_i,        // from the memory arbiter: the request is taken

  // Answer: from memory and the decoder, for this walker in WAIT or CAS_WAIT.
  input  wire logic                       answer_i,
  input  wire logic                       answer_err_i,
  input  wire logic [63:0]                answer_entry_i, // the entry as memory has, or had, it
  input  wire logic [1:0]                 pte_kind_i,
  input  wire logic                       pte_stale_i,
  input  wire logic [63:0]                pte_update_i,
  input  wire logic [tw_pkg::AboveW-1:0] pte_above_i,
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

  // State: to the arbiter, the routing of answers, the lookup stage and the debug view.
  output logic                            idle_o,
  output logic                            read_o,         // in REQ
  output logic                            cas_o,          // in CAS_REQ
  output logic                            waits_o,        // in WAIT or CAS_WAIT
  output logic                            swaps_o,        // in CAS_WAIT
  output logic                            joinable_o,     // walks, neither killed nor tainted
  output logic [4:0]                      dbg_o,

  // Registers: to the same.
  output logic [OwnerW-1:0]               owner_o,
  output logic [tw_pkg::VpnW-1:0]         vpn_o,
  output logic [tw_pkg::LevelW-1:0]       level_o,
  output logic [tw_pkg::AboveW-1:0]      above_o,
  output logic [tw_pkg::PaW-1:0]          addr_o,
  output logic [63:0]                     expected_o,
  output logic [63:0]                     desired_o,
  output logic [1:0]                      lanes_o,        // the halves of the word in which the entry lies
  output logic                            tainted_o
);

  typedef enum logic [2:0] {
    StIdle    = 3'd0,
    StReq     = 3'd1,
    StWait    = 3'd2,
    StCasReq  = 3'd3,
    StCasWait = 3'd4
  } state_e;

  localparam int VpnW    = tw_fmt::vpn_w(Formats);
  localparam int PaBits  = tw_fmt::ppn_w(Formats) + 12;
  localparam int EntryW  = tw_fmt::entry_w(Formats);
  localparam int HasWide = tw_fmt::any(Formats, tw_fmt::RowNarrow, 0);
  localparam int HasNarrow = tw_fmt::any(Formats, tw_fmt::RowNarrow, 1);

  state_e                     state_q;
  logic [OwnerW-1:0]          owner_q;
  logic [VpnW-1:0]            vpn_q;
  logic [tw_pkg::LevelW-1:0]  level_q;
  logic [tw_pkg::AboveW-1:0]  above_q;
  logic [PaBits-1:0]          addr_q;
  logic [EntryW-1:0]          expected_q, desired_q;
  logic                       narrow;       // of the walk's format: a killed walk outlives it
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
      else if (state_q == StCasWait && !answer_err_i && EntryW'(answer_entry_i) != expected_q)
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
      vpn_q       <= VpnW'(start_vpn_i);
      level_q     <= start_level_i;
      above_q     <= start_above_i;
      addr_q      <= PaBits'(start_addr_i);
      from_root_q <= start_root_i;
      need_a_q    <= 1'b0;
      pass2_q     <= 1'b0;
    end else if (restart) begin
      level_q     <= root_level_i;
      above_q     <= tw_pkg::AboveRoot;
      addr_q      <= PaBits'(root_addr_i);
      from_root_q <= 1'b1;
      need_a_q    <= 1'b0;
      pass2_q     <= act == ActPass2;
    end else if (next) begin
      level_q  <= level_q - 1'b1;
      above_q  <= pte_above_i;
      addr_q   <= PaBits'(next_addr_i);
      if (pte_stale_i) need_a_q <= 1'b1;
    end else if (act == ActCas) begin
      expected_q <= EntryW'(answer_entry_i);
      desired_q  <= EntryW'(pte_update_i);
    end
  end

  if (HasWide != 0 && HasNarrow != 0) begin : g_both
    logic narrow_q;

    always_ff @(posedge clk_i) if (start_i) narrow_q <= start_narrow_i;

    assign narrow = narrow_q;
  end else begin : g_one
    logic unused_narrow;

    assign unused_narrow = start_narrow_i;
    assign narrow        = HasWide == 0;
  end

  assign idle_o     = state_q == StIdle;
  assign read_o     = state_q == StReq;
  assign cas_o      = state_q == StCasReq;
  assign waits_o    = state_q == StWait || state_q == StCasWait;
  assign swaps_o    = state_q == StCasWait;
  assign joinable_o = !idle_o && !killed_q && !tainted_q;
  assign dbg_o      = {tainted_q, killed_q, state_q};

  assign owner_o    = owner_q;
  assign vpn_o      = tw_pkg::VpnW'(vpn_q);
  assign level_o    = level_q;
  assign above_o    = above_q;
  assign addr_o     = tw_pkg::PaW'(addr_q);
  assign expected_o = 64'(expected_q);
  assign desired_o  = 64'(desired_q);
  assign lanes_o    = !narrow ? tw_pkg::LanesBoth : addr_q[2] ? tw_pkg::LanesHigh : tw_pkg::LanesLow;
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

  logic                asked_q;
  logic [PaBits-1:0]   asked_addr_q;
  logic [2*EntryW+1:0] asked_words_q;

  always_ff @(posedge clk_i) begin
    asked_q       <= !rst_i && (state_q == StReq || state_q == StCasReq) && !grant_i;
    asked_addr_q  <= addr_q;
    asked_words_q <= {lanes_o, expected_q, desired_q};
  end

  // A request stays, unchanged, until it is granted.
  `TW_CHECK(asked_q, (state_q == StReq || state_q == StCasReq) && addr_q == asked_addr_q &&
                     {lanes_o, expected_q, desired_q} == asked_words_q)
`endif

endmodule

`default_nettype wire
