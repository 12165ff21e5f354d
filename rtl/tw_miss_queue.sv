// SPDX-License-Identifier: Apache-2.0
// Miss queue of one port: holds every request that the L1 TLB did not answer, offers one to the lookup stage, waits for
// walks, and hands the answers to the response queue. Invariants: an entry is in at most one of LOOKUP, WAIT and DONE;
// an entry in WAIT waits for a walker that is neither idle nor killed; at most one entry owns a walker.
// docs/contract.md, section 7.
//
// Each state is a bit vector over the entries (none set: FREE), so that picking and changing many at once is logic on
// vectors.
`include "tw_assert.svh"
`default_nettype none

module tw_miss_queue #(
  parameter int MissEntries = 2,
  parameter int Walkers     = 2,
  parameter int Formats     = 'h140
) (
  input  wire logic                                    clk_i,
  input  wire logic                                    rst_i,

  // Allocation: from the request stage and pins.
  input  wire logic                                    miss_i,
  input  wire logic [tw_pkg::IdW-1:0]                  req_id_i,
  input  wire logic [tw_pkg::VaW-1:0]                  req_va_i,      // legal
  input  wire logic [tw_pkg::ModeW-1:0]                req_mode_i,
  output logic                                         free_o,        // there is a free entry
  output logic                                         all_free_o,    // to the control registers and the idle pin

  // Cancel: from pins.
  input  wire logic                                    cancel_valid_i,
  input  wire logic                                    cancel_all_i,
  input  wire logic [tw_pkg::IdW-1:0]                  cancel_id_i,
  output logic [Walkers-1:0]                           kill_o,        // to the walkers: the owner is cancelled
  input  wire logic [Walkers-1:0]                      killed_i,      // of both ports

  // Lookup: the entry whose turn it is, to the lookup stage, and what became of it.
  output logic                                         pending_o,
  output logic [tw_pkg::index_w(MissEntries)-1:0]      pending_slot_o,
  output logic [tw_pkg::VaW-1:0]                       pending_va_o,
  output logic [tw_pkg::ModeW-1:0]                     pending_mode_o,
  output logic                                         pending_merged_o, // it has waited for another's walk
  input  wire logic                                    looked_i,      // it is looked up in this cycle
  input  wire logic                                    stuck_i,       // and stays
  input  wire logic                                    merge_i,       // and waits for another's walk
  input  wire logic                                    start_i,       // and waits for its own
  input  wire logic [tw_pkg::index_w(Walkers)-1:0]     walker_i,

  // The answering walker's owner, if it is of this port: its request.
  input  wire logic [tw_pkg::index_w(MissEntries)-1:0] owner_slot_i,
  output logic [tw_pkg::VaW-1:0]                       owner_va_o,
  output logic [tw_pkg::ModeW-1:0]                     owner_mode_o,

  // Completion: of an entry of this port, with its response. The end of a walk is for both ports.
  input  wire logic                                    complete_i,
  input  wire logic [tw_pkg::index_w(MissEntries)-1:0] complete_slot_i,
  input  wire logic [tw_pkg::VaW-1:0]                  complete_addr_i,
  input  wire logic [tw_pkg::InfoW-1:0]                complete_info_i,
  input  wire logic                                    walk_done_i,
  input  wire logic [tw_pkg::index_w(Walkers)-1:0]     walk_done_walker_i,

  // Push: to the response queue.
  input  wire logic                                    space_i,       // from it: at most two entries held
  output logic                                         push_o,
  output logic [tw_pkg::IdW-1:0]                       push_id_o,
  output logic [tw_pkg::VaW-1:0]                       push_addr_o,
  output logic [tw_pkg::InfoW-1:0]                     push_info_o,

  output logic [2*MissEntries-1:0]                     dbg_miss_o     // debug view: 2 bits an entry
);

  localparam int N     = MissEntries;
  localparam int SlotW = tw_pkg::index_w(N);
  localparam int WalkW = tw_pkg::index_w(Walkers);
  localparam int AddrW = tw_fmt::addr_w(Formats);

  logic [N-1:0]             lookup_q, wait_q, done_q;    // state
  logic [N-1:0]             merged_q;                    // has waited for another's walk
  logic [N-1:0]             owner_q;                     // in WAIT: owns the walk
  logic [WalkW-1:0]         walker_q [0:N-1];            // in WAIT: the walker
  logic [tw_pkg::IdW-1:0]   id_q     [0:N-1];
  logic [AddrW-1:0]         va_q     [0:N-1];            // in DONE: the response's address
  logic [tw_pkg::ModeW-1:0] mode_q   [0:N-1];
  logic [tw_pkg::InfoW-1:0] info_q   [0:N-1];            // in DONE

  logic [N-1:0] busy;

  assign busy       = lookup_q | wait_q | done_q;
  assign all_free_o = busy == '0;
  assign free_o     = busy != '1;

  // An address as it was before it was cut to AddrW bits: legal ones have equal bits above.
  function automatic logic [tw_pkg::VaW-1:0] whole(input logic [AddrW-1:0] addr);
    whole = {{tw_pkg::VaW-AddrW{AddrW == 57 && addr[AddrW-1]}}, addr};
  endfunction

  // ---- Cancel -------------------------------------------------------------------------------------------------------

  logic [N-1:0] cancelled;

  always @* begin
    cancelled = '0;
    if (cancel_valid_i) begin
      for (int i = 0; i < N; i++) cancelled[i] = busy[i] && (cancel_all_i || id_q[i] == cancel_id_i);
    end
  end

  always @* begin
    kill_o = '0;
    if (cancelled != '0) begin
      for (int i = 0; i < N; i++) begin
        if (cancelled[i] && wait_q[i] && owner_q[i]) kill_o[walker_q[i]] = 1'b1;
      end
    end
  end

  // ---- Lookup -------------------------------------------------------------------------------------------------------

  logic [N-1:0]     pending;
  logic [SlotW-1:0] pointer_q, slot;

  assign pending   = lookup_q & ~cancelled;
  assign pending_o = pending != '0;

  tw_pick #(.N(N)) u_pick_lookup (
    .request_i (pending),
    .pointer_i (pointer_q),
    .index_o   (slot)
  );

  assign pending_slot_o   = slot;
  assign pending_mode_o   = mode_q[slot];
  assign pending_merged_o = merged_q[slot];

  always @* begin
    pending_va_o = '0;
    if (pending_o) pending_va_o = whole(va_q[slot]);
  end

  // The number of the entry after, wrapping.
  function automatic logic [SlotW-1:0] after(input logic [SlotW-1:0] at);
    after = N == 1 ? '0 : at + 1'b1;
  endfunction

  always_ff @(posedge clk_i) begin
    if (rst_i)         pointer_q <= '0;
    else if (looked_i) pointer_q <= stuck_i ? slot : after(slot);
  end

  // ---- Completion ---------------------------------------------------------------------------------------------------

  always @* begin
    owner_va_o = '0;
    if (walk_done_i) owner_va_o = whole(va_q[owner_slot_i]);
  end

  assign owner_mode_o = mode_q[owner_slot_i];

  // An answer that waits in DONE goes before one that completes in this cycle.
  logic [SlotW-1:0] done_pointer_q, done_slot, push_slot;
  logic [N-1:0]     done;
  logic             done_push, complete_push;

  assign done      = done_q & ~cancelled;
  assign done_push = done != '0 && space_i;

  tw_pick #(.N(N)) u_pick_done (
    .request_i (done),
    .pointer_i (done_pointer_q),
    .index_o   (done_slot)
  );

  assign complete_push = complete_i && space_i && done == '0;

  assign push_o      = done_push || complete_push;
  assign push_slot   = done_push ? done_slot : complete_slot_i;
  assign push_id_o   = id_q[push_slot];

  always @* begin
    push_addr_o = complete_addr_i;
    push_info_o = complete_info_i;
    if (done_push) begin
      push_addr_o = whole(va_q[done_slot]);
      push_info_o = info_q[done_slot];
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i)          done_pointer_q <= '0;
    else if (done_push) done_pointer_q <= after(done_slot);
  end

  // ---- State of the entries -----------------------------------------------------------------------------------------

  logic [N-1:0]     allocate, to_lookup, to_wait, to_done, to_free;
  logic [SlotW-1:0] free_slot;

  tw_pick #(.N(N)) u_pick_free (
    .request_i (~busy),
    .pointer_i ({SlotW{1'b0}}),
    .index_o   (free_slot)
  );

  always @* begin
    allocate = '0;
    if (miss_i) allocate[free_slot] = 1'b1;
  end

  always @* begin
    to_wait = '0;
    to_done = '0;
    to_free = cancelled;
    if (merge_i || start_i) to_wait[slot] = 1'b1;
    if (complete_i) begin
      if (complete_push) to_free[complete_slot_i] = 1'b1;
      else               to_done[complete_slot_i] = 1'b1;
    end
    if (done_push) to_free[done_slot] = 1'b1;
  end

  // Those who wait for a walk that ends, or is killed, look up again.
  always @* begin
    to_lookup = '0;
    if (walk_done_i || killed_i != '0) begin
      for (int i = 0; i < N; i++) begin
        to_lookup[i] = wait_q[i] && !owner_q[i] && !cancelled[i] &&
                       (killed_i[walker_q[i]] || (walk_done_i && walker_q[i] == walk_done_walker_i));
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      lookup_q <= '0;
      wait_q   <= '0;
      done_q   <= '0;
    end else begin
      lookup_q <= (lookup_q & ~to_free & ~to_wait & ~to_done) | to_lookup | allocate;
      wait_q   <= (wait_q & ~to_free & ~to_done & ~to_lookup) | to_wait;
      done_q   <= (done_q & ~to_free) | to_done;
    end
  end

  always_ff @(posedge clk_i) begin
    if (miss_i) begin
      id_q[free_slot]   <= req_id_i;
      va_q[free_slot]   <= AddrW'(req_va_i);
      mode_q[free_slot] <= req_mode_i;
    end
    if (complete_i && !complete_push) begin
      va_q[complete_slot_i]   <= AddrW'(complete_addr_i);
      info_q[complete_slot_i] <= complete_info_i;
    end
    if (merge_i || start_i) walker_q[slot] <= walker_i;
  end

  always_ff @(posedge clk_i) begin
    if (merge_i) owner_q[slot]       <= 1'b0;
    if (start_i) owner_q[slot]       <= 1'b1;
    if (merge_i) merged_q[slot]      <= 1'b1;
    if (miss_i)  merged_q[free_slot] <= 1'b0;
  end

  // ---- Debug view ---------------------------------------------------------------------------------------------------

  // 0 FREE, 1 LOOKUP, 2 WAIT, 3 DONE.
  always @* begin
    dbg_miss_o = '0;
    if (busy != '0) begin
      for (int i = 0; i < N; i++) dbg_miss_o[2*i +: 2] = {wait_q[i] | done_q[i], lookup_q[i] | done_q[i]};
    end
  end

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

  // A miss finds a free entry, and its address can be kept.
  `TW_EXPECT(miss_i, free_o && whole(AddrW'(req_va_i)) == req_va_i)

  // What is looked up was pending, and has at most one outcome that keeps it.
  `TW_OUTER(looked_i, pending_o && 2'(stuck_i) + 2'(merge_i) + 2'(start_i) <= 2'd1)

  // What completes was looked up, or owns the walk that ends; it is not cancelled, and its address can be kept.
  `TW_OUTER(complete_i, !cancelled[complete_slot_i] && whole(AddrW'(complete_addr_i)) == complete_addr_i &&
                        (walk_done_i ? wait_q[complete_slot_i] && owner_q[complete_slot_i] &&
                                       walker_q[complete_slot_i] == walk_done_walker_i
                                     : looked_i && complete_slot_i == slot && !stuck_i && !merge_i && !start_i))

  // An entry is in at most one state.
  `TW_CHECK(busy != '0, ((lookup_q & wait_q) | (lookup_q & done_q) | (wait_q & done_q)) == '0)

  // What is pushed finds space and is not cancelled.
  `TW_CHECK(push_o, space_i && !cancelled[push_slot])

`ifdef FORMAL
  // Nothing becomes of what is not looked up, and nothing is while a walk completes.
  `TW_OUTER(stuck_i || merge_i || start_i, looked_i)
  `TW_OUTER(looked_i, !walk_done_i)

  // Whose owner is cancelled is among the killed; a killed walker does not complete.
  `TW_OUTER(kill_o != '0, (kill_o & ~killed_i) == '0)
  `TW_OUTER(walk_done_i, !killed_i[walk_done_walker_i])

  for (genvar i = 0; i < N; i++) begin : g_own
    // A walk starts in a walker for which nobody waits; the end of an own walk is the owner's completion.
    `TW_OUTER(wait_q[i] && start_i, walker_q[i] != walker_i)
    `TW_OUTER(wait_q[i] && owner_q[i] && walk_done_i && walker_q[i] == walk_done_walker_i,
              complete_i && complete_slot_i == SlotW'(i))

    // What was cancelled takes no part.
    `TW_CHECK(cancelled[i], !to_wait[i] && !to_done[i] && !to_lookup[i])

    // A walk has one owner.
    for (genvar b = 0; b < i; b++) begin : g_pair
      `TW_CHECK(wait_q[i] && owner_q[i] && wait_q[b] && owner_q[b], walker_q[i] != walker_q[b])
    end
  end
`endif

endmodule

`default_nettype wire
