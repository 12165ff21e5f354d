// SPDX-License-Identifier: Apache-2.0
// Fence sequencer: takes a fence with its operands, sweeps the sets of the L2 that the scope touches, and ends with one
// FINISH cycle in which everything else is invalidated. Invariant: from the cycle of done on, no entry read before the
// fence was taken is left in its scope. docs/contract.md, section 9.
`include "tw_assert.svh"
`default_nettype none

module tw_fence #(
  parameter int Sets     = 8,      // 0: nothing is swept
  parameter int AsidBits = 16,
  parameter int Formats  = 'h140
) (
  input  wire logic                     clk_i,
  input  wire logic                     rst_i,

  // Fence: from and to pins.
  input  wire logic                     fence_valid_i,
  output logic                          fence_ready_o,
  input  wire logic                     fence_by_addr_i,
  input  wire logic                     fence_by_asid_i,
  input  wire logic                     fence_global_i,
  input  wire logic [tw_pkg::VpnW-1:0]  fence_vpn_i,
  input  wire logic [tw_pkg::AsidW-1:0] fence_asid_i,
  output logic                          fence_done_o,

  output logic                          take_o,         // to the walkers (tainted) and the walk cache (emptied)
  output logic                          sweep_o,        // to the lookup stage: wants the L2's port
  input  wire logic                     sweep_gnt_i,    // from the lookup stage: the step happens
  output logic [tw_pkg::index_w(Sets)-1:0] sweep_set_o,    // to the set-associative part
  output logic                          finish_o,       // to all TLBs, the lookup stage and the completion stage
  output logic                          finish_all_o,   // to the set-associative part: no address and no ASID

  // Scope: to all TLBs. An entry is meant if it agrees with the tag in all bits of the mask that it compares.
  output logic [tw_pkg::TagW-1:0]       scope_tag_o,
  output logic [tw_pkg::TagW-1:0]       scope_mask_o,
  output logic                          scope_global_o, // global entries too

  output logic [1:0]                    dbg_fence_o     // debug view: the state
);

  localparam int SetW = tw_pkg::index_w(Sets);
  localparam int VpnW = tw_fmt::vpn_w(Formats);

  typedef enum logic [1:0] {
    StIdle   = 2'd0,
    StSweep  = 2'd1,
    StFinish = 2'd2
  } state_e;

  state_e                    state_q;
  logic                      done_q;
  logic                      by_addr_q, by_asid_q, global_q;
  logic [VpnW-1:0]           vpn_q;
  logic [AsidBits-1:0]       asid_q;
  logic [SetW-1:0]           set_q;

  assign fence_ready_o = state_q == StIdle;
  assign fence_done_o  = done_q;

  assign take_o       = fence_valid_i && fence_ready_o;
  assign sweep_o      = state_q == StSweep;
  assign sweep_set_o  = set_q;
  assign finish_o     = state_q == StFinish;
  assign finish_all_o = finish_o && !by_addr_q && !by_asid_q;

  assign scope_tag_o    = tw_pkg::tag(tw_pkg::VpnW'(vpn_q), tw_pkg::AsidW'(asid_q));
  assign scope_mask_o   = tw_pkg::tag_bits({tw_pkg::VpnW{by_addr_q}}, by_asid_q);
  assign scope_global_o = global_q;

  assign dbg_fence_o = state_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= StIdle;
      done_q  <= 1'b0;
    end else begin
      done_q <= finish_o;
      case (state_q)
        StIdle:  if (take_o) state_q <= Sets != 0 && (fence_by_addr_i || fence_by_asid_i) ? StSweep : StFinish;
        // One step for an address, one for each set without.
        StSweep: if (sweep_gnt_i && (by_addr_q || set_q == SetW'(Sets - 1))) state_q <= StFinish;
        default: state_q <= StIdle;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (take_o) begin
      by_addr_q <= fence_by_addr_i;
      by_asid_q <= fence_by_asid_i;
      global_q  <= fence_global_i;
      vpn_q     <= VpnW'(fence_vpn_i);
      asid_q    <= AsidBits'(fence_asid_i);
      set_q     <= fence_by_addr_i ? fence_vpn_i[SetW-1:0] : '0;
    end else if (sweep_gnt_i) begin
      set_q <= set_q + 1'b1;
    end
  end

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

  // A step is granted only when it is wanted.
  `TW_EXPECT(sweep_gnt_i, sweep_o)

  // A sweep has operands; a sweep by address is of the set of that address.
  `TW_CHECK(sweep_o, by_addr_q ? set_q == vpn_q[SetW-1:0] : by_asid_q)

  // A fence is done when the next may come.
  `TW_CHECK(fence_done_o, fence_ready_o)

`ifdef FORMAL
  logic finished_q, taken_q;

  always_ff @(posedge clk_i) begin
    finished_q <= finish_o && !rst_i;
    taken_q    <= take_o && !rst_i;
  end

  // The sequencer does one thing at a time.
  `TW_CHECK(1'b1, 2'(fence_ready_o) + 2'(sweep_o) + 2'(finish_o) == 2'd1)

  // Done is said once, in the cycle after FINISH.
  `TW_CHECK(finished_q, fence_done_o)
  `TW_CHECK(!finished_q, !fence_done_o)

  // A fence that was taken is carried out.
  `TW_CHECK(taken_q, sweep_o || finish_o)

  // Without operands everything goes.
  `TW_CHECK(finish_o && scope_mask_o == '0, finish_all_o)

  // Before FINISH of a fence by ASID every set was swept: shown for any one.
  (* anyconst *) logic [SetW-1:0] some_set;
  logic                           swept_q;

  always_ff @(posedge clk_i) begin
    if (take_o) swept_q <= 1'b0;
    else if (sweep_gnt_i && sweep_set_o == some_set) swept_q <= 1'b1;
  end

  `TW_CHECK(finish_o && by_asid_q && !by_addr_q, swept_q)
  `TW_CHECK(sweep_o && !by_addr_q, swept_q == (some_set < set_q))

  // Before FINISH of a fence by address the set of the address was.
  `TW_CHECK(finish_o && by_addr_q && some_set == vpn_q[SetW-1:0], swept_q)
`endif

endmodule

`default_nettype wire
