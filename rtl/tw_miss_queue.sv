// SPDX-License-Identifier: Apache-2.0
// Miss queue of both ports and the lookup stage behind it: holds every request that the L1 TLBs did not answer,
// arbitrates the L2's one port between completions, sweeps and lookups, starts walks or waits for one that is under
// way, and hands the answers to the response queues. Invariants: an entry is in at most one of LOOKUP, WAIT and DONE;
// an entry in WAIT waits for a walker that is neither idle nor killed; at most one entry owns a walker.
// docs/contract.md, section 7.
//
// Entries are numbered through: port f has 0 to MissEntries - 1, port d the rest. Each state is a bit vector over them
// (none set: FREE), so that picking and changing many at once is logic on vectors.
`include "tw_assert.svh"
`default_nettype none

module tw_miss_queue #(
  parameter int MissEntries = 2,
  parameter int Walkers     = 2
) (
  input  wire logic                                clk_i,
  input  wire logic                                rst_i,

  // Allocation: from the request stages and pins; bit 0 is port f, bit 1 port d.
  input  wire logic [1:0]                          miss_i,
  input  wire logic [tw_pkg::IdW-1:0]              req_f_id_i,
  input  wire logic [tw_pkg::VaW-1:0]              req_f_va_i,
  input  wire logic [tw_pkg::AttrW-1:0]            req_f_attr_i,
  input  wire logic [tw_pkg::IdW-1:0]              req_d_id_i,
  input  wire logic [tw_pkg::VaW-1:0]              req_d_va_i,
  input  wire logic [tw_pkg::AttrW-1:0]            req_d_attr_i,
  output logic [1:0]                               free_o,        // the port has a free entry
  output logic                                     all_free_o,    // to the control registers and the idle pin

  // Cancel: from pins.
  input  wire logic [1:0]                          cancel_valid_i,
  input  wire logic [1:0]                          cancel_all_i,
  input  wire logic [tw_pkg::IdW-1:0]              cancel_f_id_i,
  input  wire logic [tw_pkg::IdW-1:0]              cancel_d_id_i,
  output logic [Walkers-1:0]                       kill_o,        // to the walkers: the owner is cancelled

  // The L2's port: a walk's completion and a fence take it before a lookup does.
  input  wire logic                                finish_i,      // from the fence sequencer
  input  wire logic                                sweep_i,
  output logic                                     sweep_gnt_o,

  // Lookup: to the L2, the walk cache and the permission check.
  input  wire logic [3:0]                          fmt_i,
  input  wire logic [tw_pkg::FlagsW-1:0]           flags_i,
  input  wire logic [31:0]                         pkru_i,
  output logic                                     lookup_o,
  output logic [tw_pkg::VpnW-1:0]                  lookup_vpn_o,
  input  wire logic                                hit_i,         // from the L2: some entry matches
  input  wire logic [tw_pkg::DataW-1:0]            hit_data_i,

  // Outcome of the lookup: one of these with lookup_o.
  output logic                                     hit_o,         // a: to the L2 (touch) and the L1 TLBs (insert)
  output logic                                     merge_o,       // b: event
  output logic                                     start_o,       // c: to the walkers and the walk cache
  output logic                                     stuck_o,       // d: event
  output logic                                     lookup_port_o,
  output logic [$clog2(2*MissEntries)-1:0]         lookup_entry_o,
  output logic [Walkers-1:0]                       start_walker_o,

  // Registers of the walkers, walker 0 lowest.
  input  wire logic [Walkers-1:0]                  walk_idle_i,
  input  wire logic [Walkers-1:0]                  walk_joinable_i,  // walking, neither killed nor tainted
  input  wire logic [Walkers*tw_pkg::VpnW-1:0]     walk_vpn_i,

  // The answering walker's owner: its request, to the decoder.
  input  wire logic [$clog2(2*MissEntries)-1:0]    owner_i,
  output logic [tw_pkg::VaW-1:0]                   owner_va_o,
  output logic [tw_pkg::AttrW-1:0]                 owner_attr_o,

  // Walk completion: from the walkers, with the response.
  input  wire logic                                walk_done_i,
  input  wire logic [$clog2(Walkers)-1:0]          walk_done_walker_i,
  input  wire logic [tw_pkg::VaW-1:0]              walk_addr_i,
  input  wire logic [tw_pkg::InfoW-1:0]            walk_info_i,

  // Push: to the response queues.
  input  wire logic [1:0]                          space_i,       // from the response queues: at most two entries held
  output logic [1:0]                               push_o,
  output logic [tw_pkg::IdW-1:0]                   push_f_id_o,
  output logic [tw_pkg::VaW-1:0]                   push_f_addr_o,
  output logic [tw_pkg::InfoW-1:0]                 push_f_info_o,
  output logic [tw_pkg::IdW-1:0]                   push_d_id_o,
  output logic [tw_pkg::VaW-1:0]                   push_d_addr_o,
  output logic [tw_pkg::InfoW-1:0]                 push_d_info_o,

  output logic [31:0]                              dbg_miss_o     // debug view: 2 bits an entry
);

  localparam int N     = 2 * MissEntries;
  localparam int EntW  = $clog2(N);
  localparam int SlotW = $clog2(MissEntries);
  localparam int WalkW = $clog2(Walkers);

  logic [N-1:0]             lookup_q, wait_q, done_q;    // state
  logic [N-1:0]             merged_q;                    // has waited for another's walk
  logic [N-1:0]             owner_q;                     // in WAIT: owns the walk
  logic [WalkW-1:0]         walker_q [0:N-1];            // in WAIT: the walker
  logic [tw_pkg::IdW-1:0]   id_q     [0:N-1];
  logic [tw_pkg::VaW-1:0]   va_q     [0:N-1];            // in DONE: the response's address
  logic [tw_pkg::AttrW-1:0] attr_q   [0:N-1];
  logic [tw_pkg::InfoW-1:0] info_q   [0:N-1];            // in DONE

  logic [N-1:0] busy;

  assign busy       = lookup_q | wait_q | done_q;
  assign all_free_o = busy == '0;
  assign free_o     = {busy[N-1:MissEntries] != '1, busy[MissEntries-1:0] != '1};

  // ---- Cancel -------------------------------------------------------------------------------------------------------

  logic [N-1:0] cancelled;

  always @* begin
    cancelled = '0;
    for (int i = 0; i < MissEntries; i++) begin
      if (cancel_valid_i[0])
        cancelled[i] = busy[i] && (cancel_all_i[0] || id_q[i] == cancel_f_id_i);
      if (cancel_valid_i[1])
        cancelled[MissEntries+i] = busy[MissEntries+i] && (cancel_all_i[1] || id_q[MissEntries+i] == cancel_d_id_i);
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

  // ---- The L2's port: completion, FINISH, sweep, lookup -------------------------------------------------------------

  logic             last_sweep_q;                        // the last sweep or lookup was a sweep
  logic             last_port_q;                         // the last lookup was of port d
  logic [SlotW-1:0] pointer_f_q, pointer_d_q;

  logic [N-1:0]     pending;
  logic [1:0]       port_pending;

  assign pending      = lookup_q & ~cancelled;
  assign port_pending = {pending[N-1:MissEntries] != '0, pending[MissEntries-1:0] != '0};

  assign sweep_gnt_o = sweep_i && !walk_done_i && !(port_pending != '0 && last_sweep_q);
  assign lookup_o    = port_pending != '0 && !walk_done_i && !finish_i && !sweep_gnt_o;

  logic                   lookup_port;
  logic [SlotW-1:0]       slot;
  logic [EntW-1:0]        entry;
  logic [tw_pkg::VaW-1:0] lookup_va;

  assign lookup_port = port_pending == 2'b11 ? !last_port_q : port_pending[1];

  tw_pick #(.N(MissEntries)) u_pick_lookup (
    .request_i (lookup_port ? pending[N-1:MissEntries] : pending[MissEntries-1:0]),
    .pointer_i (lookup_port ? pointer_d_q : pointer_f_q),
    .index_o   (slot)
  );

  assign entry          = {lookup_port, slot};
  assign lookup_va      = va_q[entry];
  assign lookup_vpn_o   = lookup_va[12 +: tw_pkg::VpnW];
  assign lookup_port_o  = lookup_port;
  assign lookup_entry_o = entry;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      last_sweep_q <= 1'b0;
      last_port_q  <= 1'b1;
      pointer_f_q  <= '0;
      pointer_d_q  <= '0;
    end else if (sweep_gnt_o) begin
      last_sweep_q <= 1'b1;
    end else if (lookup_o) begin
      last_sweep_q <= 1'b0;
      last_port_q  <= lookup_port;
      if (lookup_port) pointer_d_q <= slot + SlotW'(!stuck_o);
      else             pointer_f_q <= slot + SlotW'(!stuck_o);
    end
  end

  // ---- Outcome of the lookup ----------------------------------------------------------------------------------------

  logic [1:0]         want_q;        // the port found no walker
  logic               last_walk_q;   // the last walk was started by port d
  logic               allow, unused_pk, unlucky;
  logic [Walkers-1:0] same_page;
  logic [WalkW-1:0]   join_walker, idle_walker;

  tw_perm u_perm (
    .check_i  (hit_i),
    .fmt_i    (fmt_i),
    .flags_i  (flags_i),
    .pkru_i   (pkru_i),
    .attr_i   (attr_q[entry]),
    .rights_i (hit_data_i[tw_pkg::DataRights +: 4]),
    .pkey_i   (hit_data_i[tw_pkg::DataPkey +: 4]),
    .allow_o  (allow),
    .pk_o     (unused_pk)
  );

  assign hit_o = allow && !(tw_pkg::is_write(attr_q[entry]) && !hit_data_i[tw_pkg::DataD]);

  always @* begin
    same_page = '0;
    if (lookup_o) begin
      for (int w = 0; w < Walkers; w++) begin
        same_page[w] = walk_joinable_i[w] && !kill_o[w] &&
                       walk_vpn_i[w*tw_pkg::VpnW +: tw_pkg::VpnW] == lookup_vpn_o;
      end
    end
  end

  // A port that found no walker has the next one before the port that started the last walk.
  assign unlucky = want_q[!lookup_port] && last_walk_q == lookup_port;

  assign merge_o = lookup_o && !hit_o && !merged_q[entry] && same_page != '0;
  assign start_o = lookup_o && !hit_o && !merge_o && walk_idle_i != '0 && !unlucky;
  assign stuck_o = lookup_o && !hit_o && !merge_o && !start_o;

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

  always @* begin
    start_walker_o = '0;
    if (start_o) start_walker_o[idle_walker] = 1'b1;
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      want_q      <= '0;
      last_walk_q <= 1'b1;
    end else begin
      want_q <= want_q & port_pending;
      if (lookup_o) want_q[lookup_port] <= stuck_o;
      if (start_o) last_walk_q <= lookup_port;
    end
  end

  // ---- Completion ---------------------------------------------------------------------------------------------------

  // At most one in a cycle: a walk's completion keeps the lookup away.
  logic                     complete, complete_push;
  logic [EntW-1:0]          complete_entry;
  logic [tw_pkg::VaW-1:0]   complete_addr;
  logic [tw_pkg::InfoW-1:0] complete_info;

  assign complete       = walk_done_i || hit_o;
  assign complete_entry = walk_done_i ? owner_i : entry;
  assign complete_addr  = walk_done_i ? walk_addr_i : {8'd0, tw_pkg::page_pa(hit_data_i, lookup_va)};
  assign complete_info  = walk_done_i ? walk_info_i : tw_pkg::info_page(hit_data_i);

  assign owner_va_o   = va_q[owner_i];
  assign owner_attr_o = attr_q[owner_i];

  // An answer that waits in DONE goes before one that completes in this cycle.
  logic [SlotW-1:0] done_pointer_f_q, done_pointer_d_q, done_slot_f, done_slot_d;
  logic [N-1:0]     done;
  logic [1:0]       port_done, done_push;
  logic [EntW-1:0]  push_f_entry, push_d_entry;

  assign done      = done_q & ~cancelled;
  assign port_done = {done[N-1:MissEntries] != '0, done[MissEntries-1:0] != '0};
  assign done_push = port_done & space_i;

  tw_pick #(.N(MissEntries)) u_pick_done_f (
    .request_i (done[MissEntries-1:0]),
    .pointer_i (done_pointer_f_q),
    .index_o   (done_slot_f)
  );

  tw_pick #(.N(MissEntries)) u_pick_done_d (
    .request_i (done[N-1:MissEntries]),
    .pointer_i (done_pointer_d_q),
    .index_o   (done_slot_d)
  );

  assign complete_push = complete && space_i[complete_entry[EntW-1]] && !port_done[complete_entry[EntW-1]];

  assign push_o = done_push | {complete_push && complete_entry[EntW-1], complete_push && !complete_entry[EntW-1]};

  assign push_f_entry  = done_push[0] ? {1'b0, done_slot_f} : complete_entry;
  assign push_f_id_o   = id_q[push_f_entry];
  assign push_f_addr_o = done_push[0] ? va_q[push_f_entry] : complete_addr;
  assign push_f_info_o = done_push[0] ? info_q[push_f_entry] : complete_info;
  assign push_d_entry  = done_push[1] ? {1'b1, done_slot_d} : complete_entry;
  assign push_d_id_o   = id_q[push_d_entry];
  assign push_d_addr_o = done_push[1] ? va_q[push_d_entry] : complete_addr;
  assign push_d_info_o = done_push[1] ? info_q[push_d_entry] : complete_info;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      done_pointer_f_q <= '0;
      done_pointer_d_q <= '0;
    end else begin
      if (done_push[0]) done_pointer_f_q <= done_slot_f + 1'b1;
      if (done_push[1]) done_pointer_d_q <= done_slot_d + 1'b1;
    end
  end

  // ---- State of the entries -----------------------------------------------------------------------------------------

  logic [N-1:0]     allocate, to_lookup, to_wait, to_done, to_free;
  logic [SlotW-1:0] free_slot_f, free_slot_d;

  tw_pick #(.N(MissEntries)) u_pick_free_f (
    .request_i (~busy[MissEntries-1:0]),
    .pointer_i ({SlotW{1'b0}}),
    .index_o   (free_slot_f)
  );

  tw_pick #(.N(MissEntries)) u_pick_free_d (
    .request_i (~busy[N-1:MissEntries]),
    .pointer_i ({SlotW{1'b0}}),
    .index_o   (free_slot_d)
  );

  always @* begin
    allocate = '0;
    if (miss_i[0]) allocate[{1'b0, free_slot_f}] = 1'b1;
    if (miss_i[1]) allocate[{1'b1, free_slot_d}] = 1'b1;
  end

  always @* begin
    to_wait = '0;
    to_done = '0;
    to_free = cancelled;
    if (merge_o || start_o) to_wait[entry] = 1'b1;
    if (complete) begin
      if (complete_push) to_free[complete_entry] = 1'b1;
      else               to_done[complete_entry] = 1'b1;
    end
    if (done_push[0]) to_free[push_f_entry] = 1'b1;
    if (done_push[1]) to_free[push_d_entry] = 1'b1;
  end

  // Those who wait for a walk that ends, or is killed, look up again.
  always @* begin
    to_lookup = '0;
    if (walk_done_i || kill_o != '0) begin
      for (int i = 0; i < N; i++) begin
        to_lookup[i] = wait_q[i] && !owner_q[i] && !cancelled[i] &&
                       (kill_o[walker_q[i]] || (walk_done_i && walker_q[i] == walk_done_walker_i));
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
    if (miss_i[0]) begin
      id_q[{1'b0, free_slot_f}]   <= req_f_id_i;
      va_q[{1'b0, free_slot_f}]   <= req_f_va_i;
      attr_q[{1'b0, free_slot_f}] <= req_f_attr_i;
    end
    if (miss_i[1]) begin
      id_q[{1'b1, free_slot_d}]   <= req_d_id_i;
      va_q[{1'b1, free_slot_d}]   <= req_d_va_i;
      attr_q[{1'b1, free_slot_d}] <= req_d_attr_i;
    end
    if (complete && !complete_push) begin
      va_q[complete_entry]   <= complete_addr;
      info_q[complete_entry] <= complete_info;
    end
    if (merge_o || start_o) walker_q[entry] <= merge_o ? join_walker : idle_walker;
  end

  always_ff @(posedge clk_i) begin
    if (merge_o)            owner_q[entry] <= 1'b0;
    if (start_o)            owner_q[entry] <= 1'b1;
    if (merge_o)            merged_q[entry] <= 1'b1;
    if (miss_i[0])          merged_q[{1'b0, free_slot_f}] <= 1'b0;
    if (miss_i[1])          merged_q[{1'b1, free_slot_d}] <= 1'b0;
  end

  // ---- Debug view ---------------------------------------------------------------------------------------------------

  // 0 FREE, 1 LOOKUP, 2 WAIT, 3 DONE.
  always @* begin
    dbg_miss_o = '0;
    for (int i = 0; i < N; i++) dbg_miss_o[2*i +: 2] = {wait_q[i] | done_q[i], lookup_q[i] | done_q[i]};
  end

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

  // A miss finds a free entry.
  `TW_EXPECT(miss_i != '0, (miss_i & ~free_o) == '0)

  // A walk that completes has an owner that waits for it and is not cancelled.
  `TW_EXPECT(walk_done_i, wait_q[owner_i] && owner_q[owner_i] && walker_q[owner_i] == walk_done_walker_i &&
                          !cancelled[owner_i] && !walk_idle_i[walk_done_walker_i])

  // An entry is in at most one state.
  `TW_CHECK(busy != '0, ((lookup_q & wait_q) | (lookup_q & done_q) | (wait_q & done_q)) == '0)

  // A lookup has the L2's port for itself, and one outcome.
  `TW_CHECK(lookup_o, !sweep_gnt_o && !walk_done_i && !finish_i &&
                      3'(hit_o) + 3'(merge_o) + 3'(start_o) + 3'(stuck_o) == 3'd1)

  // A completion is of an entry that waits for it or looks it up, and is not cancelled.
  `TW_CHECK(complete, !cancelled[complete_entry] && (lookup_q[complete_entry] || wait_q[complete_entry]))

  // A walk starts in one idle walker.
  `TW_CHECK(start_o, (start_walker_o & ~walk_idle_i) == '0 && start_walker_o != '0 &&
                     (start_walker_o & (start_walker_o - 1'b1)) == '0)

  // What is pushed finds space and is not cancelled.
  `TW_CHECK(push_o[0], space_i[0] && !cancelled[push_f_entry])
  `TW_CHECK(push_o[1], space_i[1] && !cancelled[push_d_entry])

`ifdef FORMAL
  // The L2 answers when it is asked.
  `TW_EXPECT(hit_i, lookup_o)

  // A fence does not sweep while it finishes.
  `TW_EXPECT(finish_i, !sweep_i)

  // A walker that may be joined is not idle.
  `TW_EXPECT(walk_joinable_i != '0, (walk_joinable_i & walk_idle_i) == '0)

  // Whoever waits, waits for a walker that walks.
  for (genvar i = 0; i < N; i++) begin : g_waits
    `TW_EXPECT(wait_q[i], !walk_idle_i[walker_q[i]])
  end

  // Without a lookup there is no outcome.
  `TW_CHECK(!lookup_o, !hit_o && !merge_o && !start_o && !stuck_o)

  // A walk has one owner.
  for (genvar a = 0; a < N; a++) begin : g_owner
    for (genvar b = 0; b < a; b++) begin : g_pair
      `TW_CHECK(wait_q[a] && owner_q[a] && wait_q[b] && owner_q[b], walker_q[a] != walker_q[b])
    end
  end
`endif

endmodule

`default_nettype wire
