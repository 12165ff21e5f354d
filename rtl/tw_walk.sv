// SPDX-License-Identifier: Apache-2.0
// Walk unit: the walkers with what they share - the walk cache, the start of a walk, the routing of memory's answers,
// the decoder, the memory port, and the root loader of formats that need it. Connects and nothing else. Invariant: one
// answer of memory leads to one outcome of one walker. docs/contract.md, section 8.
`include "tw_assert.svh"
`default_nettype none

module tw_walk #(
  parameter int Walkers    = 2,
  parameter int PwcEntries = 4,    // 0: no walk cache
  parameter int OwnerW     = 2,
  parameter int AsidBits   = 16,
  parameter int Formats    = 'h140
) (
  input  wire logic                                clk_i,
  input  wire logic                                rst_i,

  // From the control registers; root entries to be loaded.
  input  wire logic [tw_fmt::RowW-1:0]             row_i,
  input  wire logic [tw_pkg::AsidW-1:0]            asid_i,
  input  wire logic [tw_pkg::PpnW-1:0]             root_ppn_i,
  input  wire logic [tw_pkg::FlagsW-1:0]           flags_i,
  input  wire logic [31:0]                         pkru_i,
  input  wire logic [5:0]                          maxphyaddr_i,
  input  wire logic                                clear_i,
  input  wire logic                                load_i,
  input  wire logic [tw_pkg::PpnW-1:0]             load_ppn_i,
  input  wire logic [6:0]                          load_low_i,
  output logic                                     load_done_o,
  output logic                                     load_bad_o,

  input  wire logic                                fence_take_i,   // from the fence sequencer

  // Lookup, and the walk that it starts: from the lookup stage.
  input  wire logic                                lookup_i,
  input  wire logic [tw_pkg::VpnW-1:0]             lookup_vpn_i,
  output logic                                     rooted_o,       // there is a table to begin in
  input  wire logic                                start_i,
  input  wire logic [Walkers-1:0]                  start_walker_i,
  input  wire logic [OwnerW-1:0]                   start_owner_i,
  input  wire logic [Walkers-1:0]                  walk_kill_i,    // the owner is cancelled
  output logic [Walkers-1:0]                       walk_idle_o,
  output logic [Walkers-1:0]                       walk_joinable_o,
  output logic [Walkers*tw_pkg::VpnW-1:0]          walk_vpn_o,

  // The walker that memory answers: its owner, whose mode comes back, and how its walk ends.
  output logic [OwnerW-1:0]                        ans_owner_o,
  input  wire logic [tw_pkg::ModeW-1:0]            ans_mode_i,
  output logic                                     ok_o,
  output logic                                     fault_o,
  output logic [tw_pkg::index_w(Walkers)-1:0]      ans_walker_o,
  output logic [tw_pkg::VpnW-1:0]                  ans_vpn_o,
  output logic                                     ans_tainted_o,
  output logic [tw_pkg::DataW-1:0]                 page_o,         // with ok_o
  output logic [tw_pkg::InfoW-1:0]                 fault_info_o,   // with fault_o

  // Kill in the walk cache: from the completion.
  input  wire logic                                kill_i,
  input  wire logic [tw_pkg::TagW-1:0]             kill_tag_i,

  // Memory: pins.
  output logic                                     mem_req_valid_o,
  input  wire logic                                mem_req_ready_i,
  output logic [3:0]                               mem_req_id_o,
  output logic [tw_pkg::PaW-1:0]                   mem_req_addr_o,
  output logic [1:0]                               mem_req_lanes_o,
  output logic                                     mem_req_cas_o,
  output logic [63:0]                              mem_req_expected_o,
  output logic [63:0]                              mem_req_desired_o,
  input  wire logic                                mem_resp_valid_i,
  input  wire logic [3:0]                          mem_resp_id_i,
  input  wire logic [63:0]                         mem_resp_data_i,
  input  wire logic                                mem_resp_err_i,

  // Events.
  output logic                                     pwc_start_o,
  output logic                                     pwc_fill_o,
  output logic                                     restart_o,
  output logic                                     cas_lost_o,
  output logic                                     killed_o,

  // Debug view, section 13: to pins.
  output logic [5*Walkers-1:0]                     dbg_walker_o,
  output logic                                     dbg_pwc_write_o,
  output logic [5:0]                               dbg_pwc_index_o,
  output logic [tw_pkg::TagW+tw_pkg::PwcDataW-1:0] dbg_pwc_entry_o,
  output logic [63:0]                              dbg_pwc_valid_o,
  output logic [63:0]                              dbg_pwc_plru_o
);

  localparam int HasRoots   = tw_fmt::any(Formats, tw_fmt::RowRoots, 1);
  localparam int Requesters = HasRoots != 0 ? Walkers + 1 : Walkers;

  // ---- The walkers' registers and outcomes, walker 0 lowest ---------------------------------------------------------

  logic [Walkers-1:0]                waits, swaps, tainted, answer;
  logic [Walkers-1:0]                ok, fault, fill, restart, lost, killed;
  logic [Walkers*OwnerW-1:0]         owner;
  logic [Walkers*tw_pkg::LevelW-1:0] level;
  logic [Walkers*tw_pkg::AboveW-1:0] above;

  assign ok_o       = ok != '0;
  assign fault_o    = fault != '0;
  assign restart_o  = restart != '0;
  assign cas_lost_o = lost != '0;
  assign killed_o   = killed != '0;

  // What they, and the root loader above them, want of memory.
  logic [Requesters-1:0]             req_read, req_cas, grant;
  logic [Requesters*tw_pkg::PaW-1:0] req_addr;
  logic [2*Requesters-1:0]           req_lanes;
  logic [Requesters*64-1:0]          req_expected, req_desired;

  // ---- Where walks begin: the root, or what the walk cache knows ----------------------------------------------------

  logic [tw_pkg::PpnW-1:0] start_root_ppn, restart_root_ppn;

  if (HasRoots != 0) begin : g_root_load
    tw_root_load #(.Formats(Formats)) u_root_load (
      .clk_i          (clk_i),
      .rst_i          (rst_i),
      .load_i         (load_i),
      .load_ppn_i     (load_ppn_i),
      .load_low_i     (load_low_i),
      .maxphyaddr_i   (maxphyaddr_i),
      .done_o         (load_done_o),
      .bad_o          (load_bad_o),
      .request_o      (req_read[Walkers]),
      .addr_o         (req_addr[Walkers*tw_pkg::PaW +: tw_pkg::PaW]),
      .grant_i        (grant[Walkers]),
      .answer_i       (mem_resp_valid_i && mem_resp_id_i == 4'(Walkers)),
      .answer_err_i   (mem_resp_err_i),
      .answer_data_i  (mem_resp_data_i),
      .row_i          (row_i),
      .root_ppn_i     (root_ppn_i),
      .start_vpn_i    (lookup_vpn_i),
      .start_ppn_o    (start_root_ppn),
      .start_rooted_o (rooted_o),
      .restart_vpn_i  (ans_vpn_o),
      .restart_ppn_o  (restart_root_ppn)
    );

    // It reads whole words.
    assign req_cas[Walkers]               = 1'b0;
    assign req_lanes[2*Walkers +: 2]      = tw_pkg::LanesBoth;
    assign req_expected[64*Walkers +: 64] = '0;
    assign req_desired[64*Walkers +: 64]  = '0;
  end else begin : g_no_root_load
    logic unused_load;

    assign unused_load      = ^{load_i, load_ppn_i, load_low_i};
    assign load_done_o      = 1'b0;
    assign load_bad_o       = 1'b0;
    assign start_root_ppn   = root_ppn_i;
    assign rooted_o         = 1'b1;
    assign restart_root_ppn = root_ppn_i;
  end

  logic                        pwc_hit, from_root;
  logic [tw_pkg::PwcDataW-1:0] pwc_data;
  logic [tw_pkg::LevelW-1:0]   start_level;
  logic [tw_pkg::AboveW-1:0]   start_above;
  logic [tw_pkg::PaW-1:0]      start_addr;

  tw_walk_start #(.Formats(Formats)) u_walk_start (
    .row_i       (row_i),
    .lookup_i    (lookup_i),
    .vpn_i       (lookup_vpn_i),
    .root_ppn_i  (start_root_ppn),
    .hit_i       (pwc_hit),
    .hit_data_i  (pwc_data),
    .from_root_o (from_root),
    .level_o     (start_level),
    .above_o     (start_above),
    .addr_o      (start_addr)
  );

  assign pwc_start_o = start_i && pwc_hit;

  // ---- Memory's answer: the walker it belongs to, its entry decoded -------------------------------------------------

  logic [tw_pkg::LevelW-1:0] ans_level, next_level;
  logic [tw_pkg::AboveW-1:0] ans_above, pte_above;
  logic [63:0]               ans_read, ans_entry, pte_update;
  logic [1:0]                pte_kind;
  logic [5:0]                pte_cause, access_cause;
  logic [tw_pkg::PpnW-1:0]   pte_ppn;
  logic                      pte_stale;
  logic [tw_pkg::PaW-1:0]    next_addr, root_addr;

  tw_answer #(.Walkers(Walkers), .OwnerW(OwnerW)) u_answer (
    .mem_resp_valid_i (mem_resp_valid_i),
    .mem_resp_id_i    (mem_resp_id_i),
    .mem_resp_data_i  (mem_resp_data_i),
    .waits_i          (waits),
    .swaps_i          (swaps),
    .lanes_i          (req_lanes[2*Walkers-1:0]),
    .tainted_i        (tainted),
    .owner_i          (owner),
    .vpn_i            (walk_vpn_o),
    .level_i          (level),
    .above_i          (above),
    .desired_i        (req_desired[64*Walkers-1:0]),
    .answer_o         (answer),
    .walker_o         (ans_walker_o),
    .owner_o          (ans_owner_o),
    .vpn_o            (ans_vpn_o),
    .level_o          (ans_level),
    .above_o          (ans_above),
    .tainted_o        (ans_tainted_o),
    .read_o           (ans_read),
    .entry_o          (ans_entry)
  );

  tw_pte_decode #(.Formats(Formats)) u_decode (
    .valid_i        (answer != '0),
    .row_i          (row_i),
    .flags_i        (flags_i),
    .pkru_i         (pkru_i),
    .maxphyaddr_i   (maxphyaddr_i),
    .mode_i         (ans_mode_i),
    .level_i        (ans_level),
    .above_i        (ans_above),
    .entry_i        (ans_entry),
    .kind_o         (pte_kind),
    .cause_o        (pte_cause),
    .access_cause_o (access_cause),
    .ppn_o          (pte_ppn),
    .above_o        (pte_above),
    .page_o         (page_o),
    .stale_o        (pte_stale),
    .update_o       (pte_update)
  );

  assign fault_info_o = mem_resp_err_i ? tw_pkg::info_fault(tw_pkg::FaultAccess, access_cause)
                                       : tw_pkg::info_fault(tw_pkg::FaultPage, pte_cause);

  assign next_level = ans_level - 1'b1;

  tw_pte_addr #(.Formats(Formats)) u_next_addr (
    .ask_i   (|answer),
    .row_i   (row_i),
    .table_i (pte_ppn),
    .level_i (next_level),
    .vpn_i   (ans_vpn_o),
    .addr_o  (next_addr)
  );

  tw_pte_addr #(.Formats(Formats)) u_root_addr (
    .ask_i   (restart_o),
    .row_i   (row_i),
    .table_i (restart_root_ppn),
    .level_i (tw_fmt::root_level(row_i)),
    .vpn_i   (ans_vpn_o),
    .addr_o  (root_addr)
  );

  for (genvar w = 0; w < Walkers; w++) begin : g_walker
    tw_walker #(.OwnerW(OwnerW), .Formats(Formats)) u_walker (
      .clk_i          (clk_i),
      .rst_i          (rst_i),
      .start_i        (start_walker_i[w]),
      .start_owner_i  (start_owner_i),
      .start_vpn_i    (lookup_vpn_i),
      .start_root_i   (from_root),
      .start_level_i  (start_level),
      .start_above_i  (start_above),
      .start_addr_i   (start_addr),
      .start_narrow_i (tw_fmt::narrow(row_i)),
      .kill_i         (walk_kill_i[w]),
      .taint_i        (fence_take_i),
      .grant_i        (grant[w]),
      .answer_i       (answer[w]),
      .answer_err_i   (mem_resp_err_i),
      .answer_entry_i (ans_read),
      .pte_kind_i     (pte_kind),
      .pte_stale_i    (pte_stale),
      .pte_update_i   (pte_update),
      .pte_above_i    (pte_above),
      .next_addr_i    (next_addr),
      .root_level_i   (tw_fmt::root_level(row_i)),
      .root_addr_i    (root_addr),
      .ok_o           (ok[w]),
      .fault_o        (fault[w]),
      .fill_o         (fill[w]),
      .restart_o      (restart[w]),
      .cas_lost_o     (lost[w]),
      .killed_o       (killed[w]),
      .idle_o         (walk_idle_o[w]),
      .read_o         (req_read[w]),
      .cas_o          (req_cas[w]),
      .waits_o        (waits[w]),
      .swaps_o        (swaps[w]),
      .joinable_o     (walk_joinable_o[w]),
      .dbg_o          (dbg_walker_o[5*w +: 5]),
      .owner_o        (owner[w*OwnerW +: OwnerW]),
      .vpn_o          (walk_vpn_o[w*tw_pkg::VpnW +: tw_pkg::VpnW]),
      .level_o        (level[w*tw_pkg::LevelW +: tw_pkg::LevelW]),
      .above_o        (above[w*tw_pkg::AboveW +: tw_pkg::AboveW]),
      .addr_o         (req_addr[w*tw_pkg::PaW +: tw_pkg::PaW]),
      .expected_o     (req_expected[w*64 +: 64]),
      .desired_o      (req_desired[w*64 +: 64]),
      .lanes_o        (req_lanes[2*w +: 2]),
      .tainted_o      (tainted[w])
    );
  end

  tw_mem_arb #(.Requesters(Requesters)) u_mem_arb (
    .clk_i              (clk_i),
    .rst_i              (rst_i),
    .read_i             (req_read),
    .cas_i              (req_cas),
    .addr_i             (req_addr),
    .lanes_i            (req_lanes),
    .expected_i         (req_expected),
    .desired_i          (req_desired),
    .grant_o            (grant),
    .mem_req_valid_o    (mem_req_valid_o),
    .mem_req_ready_i    (mem_req_ready_i),
    .mem_req_id_o       (mem_req_id_o),
    .mem_req_addr_o     (mem_req_addr_o),
    .mem_req_lanes_o    (mem_req_lanes_o),
    .mem_req_cas_o      (mem_req_cas_o),
    .mem_req_expected_o (mem_req_expected_o),
    .mem_req_desired_o  (mem_req_desired_o)
  );

  // ---- Walk cache ---------------------------------------------------------------------------------------------------

  if (PwcEntries != 0) begin : g_pwc
    logic [tw_pkg::VpnW-1:0] next_prefix;

    always @* begin
      next_prefix = '0;
      if (fill != '0) next_prefix = tw_fmt::prefix_mask(row_i, next_level);
    end

    tw_pwc #(.Entries(PwcEntries), .AsidBits(AsidBits), .Formats(Formats)) u_pwc (
      .clk_i        (clk_i),
      .rst_i        (rst_i),
      .lookup_i     (lookup_i),
      .lookup_tag_i (tw_pkg::tag(lookup_vpn_i, asid_i)),
      .hit_o        (pwc_hit),
      .hit_data_o   (pwc_data),
      .touch_i      (pwc_start_o),
      .fill_i       (fill != '0),
      .fill_tag_i   (tw_pkg::tag(ans_vpn_o & next_prefix, asid_i)),
      .fill_mask_i  (tw_pkg::tag_bits(next_prefix, 1'b1)),
      .fill_data_i  ({pte_ppn, next_level, pte_above}),
      .kill_i       (kill_i),
      .kill_tag_i   (kill_tag_i),
      .clear_i      (fence_take_i || clear_i),
      .filled_o     (pwc_fill_o),
      .dbg_write_o  (dbg_pwc_write_o),
      .dbg_index_o  (dbg_pwc_index_o),
      .dbg_entry_o  (dbg_pwc_entry_o),
      .dbg_valid_o  (dbg_pwc_valid_o),
      .dbg_plru_o   (dbg_pwc_plru_o)
    );
  end else begin : g_no_pwc
    logic unused_pwc;

    assign unused_pwc = ^{lookup_i, asid_i, clear_i, kill_i, kill_tag_i, fill};
    assign {pwc_hit, pwc_data, pwc_fill_o} = '0;
    assign {dbg_pwc_write_o, dbg_pwc_index_o, dbg_pwc_entry_o, dbg_pwc_valid_o, dbg_pwc_plru_o} = '0;
  end

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

  // A walk has one outcome, and only with an answer.
  `TW_CHECK(ok_o || fault_o, answer != '0 && !(ok_o && fault_o))

`ifdef FORMAL
  logic [Walkers-1:0]      doomed;       // killed, and not at its end
  logic [Requesters-1:0]   asked_q;      // a request was granted, and memory has not answered
  logic [Requesters-1:0]   answered;
  logic                    loading_q;
  logic [tw_fmt::RowW-1:0] past_row_q;

  for (genvar w = 0; w < Walkers; w++) begin : g_doomed
    assign doomed[w] = dbg_walker_o[5*w+3];
  end

  for (genvar r = 0; r < Requesters; r++) begin : g_answered
    assign answered[r] = mem_resp_valid_i && mem_resp_id_i == 4'(r);
  end

  always_ff @(posedge clk_i) begin
    asked_q    <= rst_i ? '0 : (asked_q | grant) & ~answered;
    loading_q  <= !rst_i && load_i && !load_done_o;
    past_row_q <= row_i;
  end

  // The registers hold a legal MAXPHYADDR, and the row of a format where a walk starts. The format stays while walks run:
  // it may change under killed ones, but whatever is decoded for these goes nowhere (tw_walker).
  `TW_EXPECT(1'b1, maxphyaddr_i >= 6'd36 && maxphyaddr_i <= 6'd52)
  `TW_EXPECT(start_walker_i != '0, tw_fmt::known(Formats, row_i))
  `TW_EXPECT(walk_idle_o != '1, row_i == past_row_q)

  // A walk starts with a lookup, in one idle walker.
  `TW_EXPECT(start_walker_i != '0, lookup_i && (start_walker_i & ~walk_idle_o) == '0 &&
                                   (start_walker_i & (start_walker_i - 1'b1)) == '0)

  // Only a walk that runs, and was not killed, is killed.
  `TW_EXPECT(walk_kill_i != '0, (walk_kill_i & (walk_idle_o | doomed)) == '0)

  // Memory answers requests that were granted and not answered.
  `TW_EXPECT(answered != '0, (answered & ~asked_q) == '0)

  // It does not in reset, when inputs are ignored: the decoder, which has no clock, does not know.
  `TW_GIVEN(!alive_q || rst_i, !mem_resp_valid_i)

  // A load is wanted until it is done.
  `TW_EXPECT(loading_q, load_i)

  // A walk is of the format in force, and asks for entries of its size.
  `TW_CHECK(walk_idle_o != '1, tw_fmt::known(Formats, row_i))
  for (genvar w = 0; w < Walkers; w++) begin : g_entries
    `TW_CHECK(!walk_idle_o[w], (req_lanes[2*w +: 2] != tw_pkg::LanesBoth) == tw_fmt::narrow(row_i))
    `TW_CHECK((req_cas[w] || swaps[w]) && tw_fmt::narrow(row_i), req_desired[64*w+32 +: 32] == '0)
  end

  // A request is granted once: whoever waits for memory has one request there, and whoever has one waits.
  `TW_CHECK(1'b1, asked_q[Walkers-1:0] == waits)
  `TW_CHECK(grant != '0, (grant[Walkers-1:0] & asked_q[Walkers-1:0]) == '0)

  // An answer reaches one walk, which asked for it.
  `TW_CHECK(answer != '0, (answer & ~asked_q[Walkers-1:0]) == '0 && (answer & (answer - 1'b1)) == '0)
`endif

endmodule

`default_nettype wire
