// SPDX-License-Identifier: Apache-2.0
// The MMU: connects its blocks and does nothing else. Two front ends (request stage, L1 TLB, miss queue, response
// queue) share the lookup stage, the L2 TLB and the walk unit; the completion hands out what a lookup or a walk has
// found. Pins and cycles: docs/contract.md. Invariant: every output is a function of registers only.
//
//          front, for each port
//   req --> port --> L1 TLB --hit-------------------------------> resp_fifo --> resp
//             |                                                       ^
//             +--miss--> miss_queue --lookup--> L2 (sa, sp) --hit-->  completion --> L1 insert
//                                      |                              ^   |
//                                      +--start--> walk ---ok, fault--+   +--> L1, L2 insert or kill
//                                           walkers <--> mem_arb --> mem
`include "tw_assert.svh"
`default_nettype none

module tw_mmu #(
  parameter int L1FetchEntries = 4,
  parameter int L1DataEntries  = 4,
  parameter int L2Sets         = 8,
  parameter int L2Ways         = 2,
  parameter int L2SpEntries    = 4,
  parameter int PwcEntries     = 4,
  parameter int Walkers        = 2,
  parameter int MissEntries    = 2,     // of each port
  parameter int Ports          = 2,     // 1: port d alone, fetches too
  parameter int AsidBits       = 16,    // of an ASID; upper bits read as zero
  parameter int Formats        = 'h140  // that it translates: a bit for each code
) (
  input  wire logic          clk_i,
  input  wire logic          rst_i,

  // Port f: fetches. All groups: section 2 of the contract.
  input  wire logic          req_f_valid_i,
  output logic               req_f_ready_o,
  input  wire logic [3:0]    req_f_id_i,
  input  wire logic [63:0]   req_f_va_i,
  input  wire logic [1:0]    req_f_access_i,
  input  wire logic [1:0]    req_f_priv_i,
  input  wire logic          req_f_sum_i,
  input  wire logic          req_f_mxr_i,
  output logic               resp_f_valid_o,
  input  wire logic          resp_f_ready_i,
  output logic [3:0]         resp_f_id_o,
  output logic [55:0]        resp_f_pa_o,
  output logic [2:0]         resp_f_size_o,
  output logic               resp_f_global_o,
  output logic [2:0]         resp_f_attr_o,
  output logic [1:0]         resp_f_fault_o,
  output logic [5:0]         resp_f_cause_o,
  output logic [63:0]        resp_f_tval_o,
  input  wire logic          cancel_f_valid_i,
  input  wire logic          cancel_f_all_i,
  input  wire logic [3:0]    cancel_f_id_i,

  // Port d: loads and stores.
  input  wire logic          req_d_valid_i,
  output logic               req_d_ready_o,
  input  wire logic [3:0]    req_d_id_i,
  input  wire logic [63:0]   req_d_va_i,
  input  wire logic [1:0]    req_d_access_i,
  input  wire logic [1:0]    req_d_priv_i,
  input  wire logic          req_d_sum_i,
  input  wire logic          req_d_mxr_i,
  output logic               resp_d_valid_o,
  input  wire logic          resp_d_ready_i,
  output logic [3:0]         resp_d_id_o,
  output logic [55:0]        resp_d_pa_o,
  output logic [2:0]         resp_d_size_o,
  output logic               resp_d_global_o,
  output logic [2:0]         resp_d_attr_o,
  output logic [1:0]         resp_d_fault_o,
  output logic [5:0]         resp_d_cause_o,
  output logic [63:0]        resp_d_tval_o,
  input  wire logic          cancel_d_valid_i,
  input  wire logic          cancel_d_all_i,
  input  wire logic [3:0]    cancel_d_id_i,

  // Fence.
  input  wire logic          fence_valid_i,
  output logic               fence_ready_o,
  input  wire logic          fence_by_addr_i,
  input  wire logic          fence_by_asid_i,
  input  wire logic          fence_global_i,
  input  wire logic [63:0]   fence_va_i,
  input  wire logic [15:0]   fence_asid_i,
  output logic               fence_done_o,

  // Control registers.
  input  wire logic          ctrl_valid_i,
  output logic               ctrl_ready_o,
  output logic               ctrl_refused_o,
  input  wire logic [1:0]    ctrl_addr_i,
  input  wire logic [63:0]   ctrl_data_i,

  // Memory.
  output logic               mem_req_valid_o,
  input  wire logic          mem_req_ready_i,
  output logic [3:0]         mem_req_id_o,
  output logic [55:0]        mem_req_addr_o,
  output logic [1:0]         mem_req_lanes_o,
  output logic               mem_req_cas_o,
  output logic [63:0]        mem_req_expected_o,
  output logic [63:0]        mem_req_desired_o,
  input  wire logic          mem_resp_valid_i,
  input  wire logic [3:0]    mem_resp_id_i,
  input  wire logic [63:0]   mem_resp_data_i,
  input  wire logic          mem_resp_err_i,

  // Events, counters, idle.
  output logic [31:0]        events_o,
  input  wire logic [4:0]    counter_sel_i,
  output logic [63:0]        counter_o,
  output logic               idle_o,

  // Debug view: section 13 of the contract.
  output logic               dbg_l1f_write_o,
  output logic [5:0]         dbg_l1f_index_o,
  output logic [120:0]       dbg_l1f_entry_o,
  output logic [63:0]        dbg_l1f_valid_o,
  output logic [63:0]        dbg_l1f_plru_o,
  output logic               dbg_l1d_write_o,
  output logic [5:0]         dbg_l1d_index_o,
  output logic [120:0]       dbg_l1d_entry_o,
  output logic [63:0]        dbg_l1d_valid_o,
  output logic [63:0]        dbg_l1d_plru_o,
  output logic               dbg_sp_write_o,
  output logic [5:0]         dbg_sp_index_o,
  output logic [120:0]       dbg_sp_entry_o,
  output logic [63:0]        dbg_sp_valid_o,
  output logic [63:0]        dbg_sp_plru_o,
  output logic               dbg_pwc_write_o,
  output logic [5:0]         dbg_pwc_index_o,
  output logic [111:0]       dbg_pwc_entry_o,
  output logic [63:0]        dbg_pwc_valid_o,
  output logic [63:0]        dbg_pwc_plru_o,
  output logic               dbg_l2_write_o,
  output logic [11:0]        dbg_l2_set_o,
  output logic [2:0]         dbg_l2_way_o,
  output logic [120:0]       dbg_l2_entry_o,
  output logic               dbg_l2_inv_o,
  output logic [11:0]        dbg_l2_inv_set_o,
  output logic [7:0]         dbg_l2_inv_mask_o,
  output logic               dbg_l2_clear_o,
  output logic               dbg_l2_touch_o,
  output logic [11:0]        dbg_l2_touch_set_o,
  output logic [7:0]         dbg_l2_plru_o,
  output logic [39:0]        dbg_walker_o,
  output logic [31:0]        dbg_miss_o,
  output logic [1:0]         dbg_fence_o
);

  localparam int SlotW  = tw_pkg::index_w(MissEntries);
  localparam int OwnerW = 1 + SlotW;    // {port, slot}
  localparam int WalkW  = tw_pkg::index_w(Walkers);
  localparam int TlbW   = tw_pkg::TagW + tw_pkg::DataW;
  localparam int PwcW   = tw_pkg::TagW + tw_pkg::PwcDataW;

  // ---- Control registers --------------------------------------------------------------------------------------------

  logic [tw_fmt::RowW-1:0]   row;
  logic [tw_pkg::AsidW-1:0]  asid;
  logic [tw_pkg::PpnW-1:0]   root_ppn, load_ppn;
  logic [tw_pkg::FlagsW-1:0] flags;
  logic [31:0]               pkru;
  logic [5:0]                maxphyaddr;
  logic [6:0]                load_low;
  logic [1:0]                misses_free;
  logic                      ctrl_pending, ctrl_apply, clear, load, load_done, load_bad;

  tw_ctrl #(.AsidBits(AsidBits), .Formats(Formats)) u_ctrl (
    .clk_i          (clk_i),
    .rst_i          (rst_i),
    .ctrl_valid_i   (ctrl_valid_i),
    .ctrl_ready_o   (ctrl_ready_o),
    .ctrl_refused_o (ctrl_refused_o),
    .ctrl_addr_i    (ctrl_addr_i),
    .ctrl_data_i    (ctrl_data_i),
    .misses_free_i  (misses_free == 2'b11),
    .pending_o      (ctrl_pending),
    .load_o         (load),
    .load_ppn_o     (load_ppn),
    .load_low_o     (load_low),
    .load_done_i    (load_done),
    .load_bad_i     (load_bad),
    .apply_o        (ctrl_apply),
    .clear_o        (clear),
    .row_o          (row),
    .asid_o         (asid),
    .root_ppn_o     (root_ppn),
    .flags_o        (flags),
    .pkru_o         (pkru),
    .maxphyaddr_o   (maxphyaddr)
  );

  // ---- Fences -------------------------------------------------------------------------------------------------------

  logic                               fence_take, sweep, sweep_gnt, finish, finish_all, scope_global;
  logic [tw_pkg::index_w(L2Sets)-1:0] sweep_set;
  logic [tw_pkg::TagW-1:0]            scope_tag, scope_mask;

  tw_fence #(.Sets(L2Sets), .AsidBits(AsidBits), .Formats(Formats)) u_fence (
    .clk_i           (clk_i),
    .rst_i           (rst_i),
    .fence_valid_i   (fence_valid_i),
    .fence_ready_o   (fence_ready_o),
    .fence_by_addr_i (fence_by_addr_i),
    .fence_by_asid_i (fence_by_asid_i),
    .fence_global_i  (fence_global_i),
    .fence_vpn_i     (tw_pkg::vpn_of(tw_fmt::va_of(row, fence_va_i))),
    .fence_asid_i    (fence_asid_i),
    .fence_done_o    (fence_done_o),
    .take_o          (fence_take),
    .sweep_o         (sweep),
    .sweep_gnt_i     (sweep_gnt),
    .sweep_set_o     (sweep_set),
    .finish_o        (finish),
    .finish_all_o    (finish_all),
    .scope_tag_o     (scope_tag),
    .scope_mask_o    (scope_mask),
    .scope_global_o  (scope_global),
    .dbg_fence_o     (dbg_fence_o)
  );

  // ---- Front ends: port f lowest ------------------------------------------------------------------------------------

  // Between the front ends and what they share.
  logic [1:0]                 pending, merged, looked, complete, l1_insert;
  logic [2*SlotW-1:0]         pending_slot;
  logic [2*tw_pkg::VaW-1:0]   pending_va, owner_va;
  logic [2*tw_pkg::ModeW-1:0] pending_mode, owner_mode;
  logic [2*Walkers-1:0]       port_kill;
  logic [Walkers-1:0]         walk_kill;
  logic                       hit, merge, rootless, start, stuck, kill, walk_ok, walk_fault;
  logic [WalkW-1:0]           walker, ans_walker;
  logic [OwnerW-1:0]          ans_owner;
  logic [SlotW-1:0]           complete_slot;
  logic [tw_pkg::VaW-1:0]     complete_addr;
  logic [tw_pkg::InfoW-1:0]   complete_info;
  logic [tw_pkg::TagW-1:0]    new_tag, walk_tag;
  logic [tw_pkg::DataW-1:0]   new_page, walk_page;

  // Events and the debug view.
  logic [1:0]                 miss, direct, empty, req_stall, resp_stall, dbg_l1_write;
  logic [7:0]                 l1_hit_event;
  logic [4*MissEntries-1:0]   dbg_miss;
  logic [11:0]                dbg_l1_index;
  logic [2*TlbW-1:0]          dbg_l1_entry;
  logic [127:0]               dbg_l1_valid, dbg_l1_plru;

  // Pins.
  logic [1:0]   req_valid, req_ready, resp_valid, resp_ready, resp_global, cancel_valid, cancel_all;
  logic [7:0]   req_id, resp_id, cancel_id;
  logic [127:0] req_va, resp_tval;
  logic [111:0] resp_pa;
  logic [5:0]   resp_size, resp_attr;
  logic [3:0]   resp_fault;
  logic [11:0]  req_mode, resp_cause;

  assign req_valid    = {req_d_valid_i, req_f_valid_i};
  assign req_id       = {req_d_id_i, req_f_id_i};
  assign req_va       = {req_d_va_i, req_f_va_i};
  assign req_mode     = {tw_pkg::mode_of(req_d_mxr_i, req_d_sum_i, req_d_priv_i, req_d_access_i),
                         tw_pkg::mode_of(req_f_mxr_i, req_f_sum_i, req_f_priv_i, req_f_access_i)};
  assign resp_ready   = {resp_d_ready_i, resp_f_ready_i};
  assign cancel_valid = {cancel_d_valid_i, cancel_f_valid_i};
  assign cancel_all   = {cancel_d_all_i, cancel_f_all_i};
  assign cancel_id    = {cancel_d_id_i, cancel_f_id_i};

  assign {req_d_ready_o, req_f_ready_o}     = req_ready;
  assign {resp_d_valid_o, resp_f_valid_o}   = resp_valid;
  assign {resp_d_id_o, resp_f_id_o}         = resp_id;
  assign {resp_d_pa_o, resp_f_pa_o}         = resp_pa;
  assign {resp_d_size_o, resp_f_size_o}     = resp_size;
  assign {resp_d_global_o, resp_f_global_o} = resp_global;
  assign {resp_d_attr_o, resp_f_attr_o}     = resp_attr;
  assign {resp_d_fault_o, resp_f_fault_o}   = resp_fault;
  assign {resp_d_cause_o, resp_f_cause_o}   = resp_cause;
  assign {resp_d_tval_o, resp_f_tval_o}     = resp_tval;

  assign {dbg_l1d_write_o, dbg_l1f_write_o} = dbg_l1_write;
  assign {dbg_l1d_index_o, dbg_l1f_index_o} = dbg_l1_index;
  assign dbg_l1f_entry_o = 121'(dbg_l1_entry[0 +: TlbW]);
  assign dbg_l1d_entry_o = 121'(dbg_l1_entry[TlbW +: TlbW]);
  assign {dbg_l1d_valid_o, dbg_l1f_valid_o} = dbg_l1_valid;
  assign {dbg_l1d_plru_o, dbg_l1f_plru_o}   = dbg_l1_plru;
  assign dbg_miss_o = 32'(dbg_miss);

  for (genvar p = 0; p < 2; p++) begin : g_port
    if (p >= 2 - Ports) begin : g_front
      tw_front #(
        .L1Entries(p == 0 ? L1FetchEntries : L1DataEntries), .MissEntries(MissEntries), .Walkers(Walkers),
        .AsidBits(AsidBits), .Formats(Formats)
      ) u_front (
        .clk_i              (clk_i),
        .rst_i              (rst_i),
        .req_valid_i        (req_valid[p]),
        .req_ready_o        (req_ready[p]),
        .req_id_i           (req_id[4*p +: 4]),
        .req_va_i           (req_va[64*p +: 64]),
        .req_mode_i         (req_mode[6*p +: 6]),
        .resp_valid_o       (resp_valid[p]),
        .resp_ready_i       (resp_ready[p]),
        .resp_id_o          (resp_id[4*p +: 4]),
        .resp_pa_o          (resp_pa[56*p +: 56]),
        .resp_size_o        (resp_size[3*p +: 3]),
        .resp_global_o      (resp_global[p]),
        .resp_attr_o        (resp_attr[3*p +: 3]),
        .resp_fault_o       (resp_fault[2*p +: 2]),
        .resp_cause_o       (resp_cause[6*p +: 6]),
        .resp_tval_o        (resp_tval[64*p +: 64]),
        .cancel_valid_i     (cancel_valid[p]),
        .cancel_all_i       (cancel_all[p]),
        .cancel_id_i        (cancel_id[4*p +: 4]),
        .ctrl_pending_i     (ctrl_pending),
        .row_i              (row),
        .asid_i             (asid),
        .flags_i            (flags),
        .pkru_i             (pkru),
        .clear_i            (clear),
        .finish_i           (finish),
        .scope_tag_i        (scope_tag),
        .scope_mask_i       (scope_mask),
        .scope_global_i     (scope_global),
        .pending_o          (pending[p]),
        .pending_slot_o     (pending_slot[SlotW*p +: SlotW]),
        .pending_va_o       (pending_va[64*p +: 64]),
        .pending_mode_o     (pending_mode[6*p +: 6]),
        .pending_merged_o   (merged[p]),
        .looked_i           (looked[p]),
        .stuck_i            (looked[p] && stuck),
        .merge_i            (looked[p] && merge),
        .start_i            (looked[p] && start),
        .walker_i           (walker),
        .kill_o             (port_kill[Walkers*p +: Walkers]),
        .killed_i           (walk_kill),
        .owner_slot_i       (ans_owner[SlotW-1:0]),
        .owner_va_o         (owner_va[64*p +: 64]),
        .owner_mode_o       (owner_mode[6*p +: 6]),
        .walk_done_i        (walk_ok || walk_fault),
        .walk_done_walker_i (ans_walker),
        .complete_i         (complete[p]),
        .complete_slot_i    (complete_slot),
        .complete_addr_i    (complete_addr),
        .complete_info_i    (complete_info),
        .insert_i           (l1_insert[p]),
        .kill_page_i        (kill),
        .new_tag_i          (new_tag),
        .new_page_i         (new_page),
        .miss_o             (miss[p]),
        .direct_o           (direct[p]),
        .hit_event_o        (l1_hit_event[4*p +: 4]),
        .misses_free_o      (misses_free[p]),
        .empty_o            (empty[p]),
        .dbg_miss_o         (dbg_miss[2*MissEntries*p +: 2*MissEntries]),
        .dbg_write_o        (dbg_l1_write[p]),
        .dbg_index_o        (dbg_l1_index[6*p +: 6]),
        .dbg_entry_o        (dbg_l1_entry[TlbW*p +: TlbW]),
        .dbg_valid_o        (dbg_l1_valid[64*p +: 64]),
        .dbg_plru_o         (dbg_l1_plru[64*p +: 64])
      );

      assign req_stall[p]  = req_valid[p] && !req_ready[p];
      assign resp_stall[p] = resp_valid[p] && !resp_ready[p];
    end else begin : g_none
      logic unused_port;

      assign unused_port = ^{req_valid[p], req_id[4*p +: 4], req_va[64*p +: 64], req_mode[6*p +: 6], resp_ready[p],
                             cancel_valid[p], cancel_all[p], cancel_id[4*p +: 4], looked[p], complete[p], l1_insert[p]};
      assign {req_ready[p], resp_valid[p], resp_global[p], req_stall[p], resp_stall[p]} = '0;
      assign {resp_id[4*p +: 4], resp_pa[56*p +: 56], resp_size[3*p +: 3], resp_attr[3*p +: 3]} = '0;
      assign {resp_fault[2*p +: 2], resp_cause[6*p +: 6], resp_tval[64*p +: 64]} = '0;
      assign {pending[p], pending_slot[SlotW*p +: SlotW], pending_va[64*p +: 64], pending_mode[6*p +: 6]} = '0;
      assign {merged[p], port_kill[Walkers*p +: Walkers], owner_va[64*p +: 64], owner_mode[6*p +: 6]} = '0;
      assign {miss[p], direct[p], l1_hit_event[4*p +: 4], dbg_miss[2*MissEntries*p +: 2*MissEntries]} = '0;
      assign {dbg_l1_write[p], dbg_l1_index[6*p +: 6], dbg_l1_entry[TlbW*p +: TlbW]} = '0;
      assign {dbg_l1_valid[64*p +: 64], dbg_l1_plru[64*p +: 64]} = '0;
      assign {misses_free[p], empty[p]} = 2'b11;
    end
  end

  assign walk_kill = port_kill[0 +: Walkers] | port_kill[Walkers +: Walkers];

  // ---- Lookup stage and L2 TLB --------------------------------------------------------------------------------------

  logic                            lookup, lookup_port, l2_hit, rooted, l2_insert;
  logic [SlotW-1:0]                lookup_slot;
  logic [tw_pkg::VaW-1:0]          lookup_va;
  logic [tw_pkg::TagW-1:0]         lookup_tag, hit_tag;
  logic [tw_pkg::DataW-1:0]        hit_page;
  logic [tw_pkg::InfoW-1:0]        rootless_info;
  logic [Walkers-1:0]              start_walker, walk_idle, walk_joinable;
  logic [Walkers*tw_pkg::VpnW-1:0] walk_vpn;

  tw_lookup #(.MissEntries(MissEntries), .Walkers(Walkers), .Formats(Formats)) u_lookup (
    .clk_i            (clk_i),
    .rst_i            (rst_i),
    .row_i            (row),
    .flags_i          (flags),
    .pkru_i           (pkru),
    .walk_done_i      (walk_ok || walk_fault),
    .finish_i         (finish),
    .sweep_i          (sweep),
    .sweep_gnt_o      (sweep_gnt),
    .pending_i        (pending),
    .pending_slot_i   (pending_slot),
    .pending_va_i     (pending_va),
    .pending_mode_i   (pending_mode),
    .pending_merged_i (merged),
    .lookup_o         (lookup),
    .lookup_port_o    (lookup_port),
    .lookup_slot_o    (lookup_slot),
    .lookup_va_o      (lookup_va),
    .hit_i            (l2_hit),
    .hit_page_i       (hit_page),
    .rooted_i         (rooted),
    .hit_o            (hit),
    .merge_o          (merge),
    .rootless_o       (rootless),
    .start_o          (start),
    .stuck_o          (stuck),
    .rootless_info_o  (rootless_info),
    .looked_o         (looked),
    .walker_o         (walker),
    .start_walker_o   (start_walker),
    .walk_idle_i      (walk_idle),
    .walk_joinable_i  (walk_joinable),
    .walk_kill_i      (walk_kill),
    .walk_vpn_i       (walk_vpn)
  );

  assign lookup_tag = tw_pkg::tag(tw_pkg::vpn_of(lookup_va), asid);

  // The pins show the fields that every configuration may have.
  logic [TlbW-1:0] dbg_l2_entry, dbg_sp_entry;

  assign dbg_l2_entry_o = 121'(dbg_l2_entry);
  assign dbg_sp_entry_o = 121'(dbg_sp_entry);

  tw_l2 #(
    .Sets(L2Sets), .Ways(L2Ways), .SpEntries(L2SpEntries), .AsidBits(AsidBits), .Formats(Formats)
  ) u_l2 (
    .clk_i           (clk_i),
    .rst_i           (rst_i),
    .lookup_i        (lookup),
    .lookup_tag_i    (lookup_tag),
    .hit_o           (l2_hit),
    .hit_tag_o       (hit_tag),
    .hit_page_o      (hit_page),
    .touch_i         (hit),
    .drop_i          (rootless),
    .insert_i        (l2_insert),
    .kill_i          (walk_fault),
    .new_tag_i       (walk_tag),
    .new_page_i      (walk_page),
    .sweep_i         (sweep_gnt),
    .sweep_set_i     (sweep_set),
    .finish_i        (finish),
    .finish_all_i    (finish_all),
    .scope_tag_i     (scope_tag),
    .scope_mask_i    (scope_mask),
    .scope_global_i  (scope_global),
    .clear_i         (clear),
    .dbg_write_o     (dbg_l2_write_o),
    .dbg_set_o       (dbg_l2_set_o),
    .dbg_way_o       (dbg_l2_way_o),
    .dbg_entry_o     (dbg_l2_entry),
    .dbg_inv_o       (dbg_l2_inv_o),
    .dbg_inv_set_o   (dbg_l2_inv_set_o),
    .dbg_inv_mask_o  (dbg_l2_inv_mask_o),
    .dbg_clear_o     (dbg_l2_clear_o),
    .dbg_touch_o     (dbg_l2_touch_o),
    .dbg_touch_set_o (dbg_l2_touch_set_o),
    .dbg_plru_o      (dbg_l2_plru_o),
    .dbg_sp_write_o  (dbg_sp_write_o),
    .dbg_sp_index_o  (dbg_sp_index_o),
    .dbg_sp_entry_o  (dbg_sp_entry),
    .dbg_sp_valid_o  (dbg_sp_valid_o),
    .dbg_sp_plru_o   (dbg_sp_plru_o)
  );

  // ---- Walk unit ----------------------------------------------------------------------------------------------------

  logic                     ans_port, ans_tainted, pwc_start, pwc_fill, walk_restart, walk_lost, walk_killed;
  logic [tw_pkg::VpnW-1:0]  ans_vpn;
  logic [tw_pkg::InfoW-1:0] walk_info;
  logic [5*Walkers-1:0]     dbg_walker;
  logic [PwcW-1:0]          dbg_pwc_entry;

  assign ans_port        = ans_owner[OwnerW-1];
  assign dbg_walker_o    = 40'(dbg_walker);
  assign dbg_pwc_entry_o = 112'(dbg_pwc_entry);

  tw_walk #(
    .Walkers(Walkers), .PwcEntries(PwcEntries), .OwnerW(OwnerW), .AsidBits(AsidBits), .Formats(Formats)
  ) u_walk (
    .clk_i              (clk_i),
    .rst_i              (rst_i),
    .row_i              (row),
    .asid_i             (asid),
    .root_ppn_i         (root_ppn),
    .flags_i            (flags),
    .pkru_i             (pkru),
    .maxphyaddr_i       (maxphyaddr),
    .clear_i            (clear),
    .load_i             (load),
    .load_ppn_i         (load_ppn),
    .load_low_i         (load_low),
    .load_done_o        (load_done),
    .load_bad_o         (load_bad),
    .fence_take_i       (fence_take),
    .lookup_i           (lookup),
    .lookup_vpn_i       (tw_pkg::vpn_of(lookup_va)),
    .rooted_o           (rooted),
    .start_i            (start),
    .start_walker_i     (start_walker),
    .start_owner_i      ({lookup_port, lookup_slot}),
    .walk_kill_i        (walk_kill),
    .walk_idle_o        (walk_idle),
    .walk_joinable_o    (walk_joinable),
    .walk_vpn_o         (walk_vpn),
    .ans_owner_o        (ans_owner),
    .ans_mode_i         (ans_port ? owner_mode[tw_pkg::ModeW +: tw_pkg::ModeW] : owner_mode[0 +: tw_pkg::ModeW]),
    .ok_o               (walk_ok),
    .fault_o            (walk_fault),
    .ans_walker_o       (ans_walker),
    .ans_vpn_o          (ans_vpn),
    .ans_tainted_o      (ans_tainted),
    .page_o             (walk_page),
    .fault_info_o       (walk_info),
    .kill_i             (kill),
    .kill_tag_i         (new_tag),
    .mem_req_valid_o    (mem_req_valid_o),
    .mem_req_ready_i    (mem_req_ready_i),
    .mem_req_id_o       (mem_req_id_o),
    .mem_req_addr_o     (mem_req_addr_o),
    .mem_req_lanes_o    (mem_req_lanes_o),
    .mem_req_cas_o      (mem_req_cas_o),
    .mem_req_expected_o (mem_req_expected_o),
    .mem_req_desired_o  (mem_req_desired_o),
    .mem_resp_valid_i   (mem_resp_valid_i),
    .mem_resp_id_i      (mem_resp_id_i),
    .mem_resp_data_i    (mem_resp_data_i),
    .mem_resp_err_i     (mem_resp_err_i),
    .pwc_start_o        (pwc_start),
    .pwc_fill_o         (pwc_fill),
    .restart_o          (walk_restart),
    .cas_lost_o         (walk_lost),
    .killed_o           (walk_killed),
    .dbg_walker_o       (dbg_walker),
    .dbg_pwc_write_o    (dbg_pwc_write_o),
    .dbg_pwc_index_o    (dbg_pwc_index_o),
    .dbg_pwc_entry_o    (dbg_pwc_entry),
    .dbg_pwc_valid_o    (dbg_pwc_valid_o),
    .dbg_pwc_plru_o     (dbg_pwc_plru_o)
  );

  // ---- Completion ---------------------------------------------------------------------------------------------------

  tw_completion #(.SlotW(SlotW)) u_completion (
    .asid_i          (asid),
    .finish_i        (finish),
    .hit_i           (hit),
    .rootless_i      (rootless),
    .lookup_port_i   (lookup_port),
    .lookup_slot_i   (lookup_slot),
    .lookup_va_i     (lookup_va),
    .hit_tag_i       (hit_tag),
    .hit_page_i      (hit_page),
    .rootless_info_i (rootless_info),
    .ok_i            (walk_ok),
    .fault_i         (walk_fault),
    .tainted_i       (ans_tainted),
    .owner_port_i    (ans_port),
    .owner_slot_i    (ans_owner[SlotW-1:0]),
    .owner_va_i      (ans_port ? owner_va[tw_pkg::VaW +: tw_pkg::VaW] : owner_va[0 +: tw_pkg::VaW]),
    .walk_vpn_i      (ans_vpn),
    .walk_page_i     (walk_page),
    .walk_info_i     (walk_info),
    .complete_o      (complete),
    .slot_o          (complete_slot),
    .addr_o          (complete_addr),
    .info_o          (complete_info),
    .l1_insert_o     (l1_insert),
    .l2_insert_o     (l2_insert),
    .kill_o          (kill),
    .new_tag_o       (new_tag),
    .new_page_o      (new_page),
    .walk_tag_o      (walk_tag)
  );

  // ---- Events, idle -------------------------------------------------------------------------------------------------

  logic mem_handshake;

  assign mem_handshake = mem_req_valid_o && mem_req_ready_i;

  tw_counters u_counters (
    .clk_i          (clk_i),
    .rst_i          (rst_i),
    .l1f_hit_i      (l1_hit_event[3:0]),
    .l1d_hit_i      (l1_hit_event[7:4]),
    .l1_miss_i      (miss),
    .direct_i       (direct),
    .l2_hit_i       (hit ? tw_fmt::size_event(tw_pkg::data_size(hit_page)) : 4'd0),
    .walk_start_i   (start),
    .merge_i        (merge),
    .no_walker_i    (stuck),
    .pwc_start_i    (pwc_start),
    .walk_ok_i      (walk_ok),
    .walk_fault_i   (walk_fault),
    .walk_restart_i (walk_restart),
    .cas_lost_i     (walk_lost),
    .mem_read_i     (mem_handshake && !mem_req_cas_o),
    .mem_cas_i      (mem_handshake && mem_req_cas_o),
    .pwc_fill_i     (pwc_fill),
    .walk_killed_i  (walk_killed),
    .fence_i        (finish),
    .ctrl_i         (ctrl_apply),
    .req_stall_i    (req_stall != '0),
    .resp_stall_i   (resp_stall != '0),
    .events_o       (events_o),
    .counter_sel_i  (counter_sel_i),
    .counter_o      (counter_o)
  );

  assign idle_o = misses_free == 2'b11 && walk_idle == '1 && fence_ready_o && ctrl_ready_o && empty == 2'b11;

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

  // A cycle has at most one completion.
  `TW_CHECK(hit || rootless, !walk_ok && !walk_fault && !(hit && rootless))

  // Idle means that nothing waits to be answered.
  `TW_CHECK(idle_o, !resp_f_valid_o && !resp_d_valid_o && !mem_req_valid_o)

endmodule

`default_nettype wire
