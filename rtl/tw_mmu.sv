// SPDX-License-Identifier: Apache-2.0
// The MMU: two request ports with an L1 TLB each, the shared L2 TLB, the miss queue, the walkers with their walk cache,
// and the memory port. This file connects the blocks and holds the one piece of logic between them: which walker an
// answer from memory belongs to, and what its end writes where. Pins and cycles: docs/contract.md. Invariant: every
// output is a function of registers only.
//
//   req --> port --> L1 TLB --hit--------------------------------> resp_fifo --> resp
//             |                                                       ^
//             +--miss--> miss_queue --lookup--> L2 (sa, sp) --hit-----+--> L1 insert
//                             |                 pwc                   |
//                             +--start--> walker <--> mem_arb --> mem |
//                                            ^                        |
//             mem answer --> pte_decode -----+--ok, fault-------------+--> L1, L2 insert or kill
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
  parameter int MissEntries    = 2,
  parameter int Ports          = 2,     // 1: port f takes nothing
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

  localparam int OwnerW = $clog2(2 * MissEntries);
  localparam int WalkW  = $clog2(Walkers);

  // ---- Control registers --------------------------------------------------------------------------------------------

  logic [3:0]                fmt;
  logic [tw_pkg::AsidW-1:0]  asid;
  logic [tw_pkg::PpnW-1:0]   root_ppn;
  logic [tw_pkg::FlagsW-1:0] flags;
  logic [31:0]               pkru;
  logic [5:0]                maxphyaddr;
  logic                      ctrl_pending, ctrl_apply, clear, misses_free;

  tw_ctrl #(.AsidBits(AsidBits), .Formats(Formats)) u_ctrl (
    .clk_i         (clk_i),
    .rst_i         (rst_i),
    .ctrl_valid_i  (ctrl_valid_i),
    .ctrl_ready_o  (ctrl_ready_o),
    .ctrl_refused_o(ctrl_refused_o),
    .ctrl_addr_i   (ctrl_addr_i),
    .ctrl_data_i   (ctrl_data_i),
    .misses_free_i (misses_free),
    .pending_o     (ctrl_pending),
    .apply_o       (ctrl_apply),
    .clear_o       (clear),
    .fmt_o         (fmt),
    .asid_o        (asid),
    .root_ppn_o    (root_ppn),
    .flags_o       (flags),
    .pkru_o        (pkru),
    .maxphyaddr_o  (maxphyaddr)
  );

  // ---- Fences -------------------------------------------------------------------------------------------------------

  logic                      fence_take, sweep, sweep_gnt, finish, finish_all, scope_global;
  logic [$clog2(L2Sets)-1:0] sweep_set;
  logic [tw_pkg::TagW-1:0]   scope_tag, scope_mask;

  tw_fence #(.Sets(L2Sets)) u_fence (
    .clk_i           (clk_i),
    .rst_i           (rst_i),
    .fence_valid_i   (fence_valid_i),
    .fence_ready_o   (fence_ready_o),
    .fence_by_addr_i (fence_by_addr_i),
    .fence_by_asid_i (fence_by_asid_i),
    .fence_global_i  (fence_global_i),
    .fence_vpn_i     (fence_va_i[12 +: tw_pkg::VpnW]),
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

  // ---- Request stages, L1 TLBs, response queues ---------------------------------------------------------------------

  logic [tw_pkg::AttrW-1:0] req_f_attr, req_d_attr;
  logic [1:0]               space, empty, miss_free, miss, direct, miss_push, port_push;
  logic [1:0]               l1_lookup, l1_hit, l1_touch, l1_insert;
  logic [3:0]               l1_event_f, l1_event_d;
  logic [tw_pkg::DataW-1:0] l1_data_f, l1_data_d;
  logic [tw_pkg::VaW-1:0]   port_addr_f, port_addr_d, miss_addr_f, miss_addr_d;
  logic [tw_pkg::InfoW-1:0] port_info_f, port_info_d, miss_info_f, miss_info_d;
  logic [tw_pkg::IdW-1:0]   miss_id_f, miss_id_d;

  // What a completion writes: an insert into one L1 (and the L2), or a kill everywhere.
  logic                     kill;
  logic [tw_pkg::TagW-1:0]  walk_tag, new_tag;
  logic [tw_pkg::DataW-1:0] new_data;

  assign req_f_attr = {req_f_mxr_i, req_f_sum_i, req_f_priv_i, req_f_access_i};
  assign req_d_attr = {req_d_mxr_i, req_d_sum_i, req_d_priv_i, req_d_access_i};

  tw_port u_port_f (
    .req_valid_i    (req_f_valid_i),
    .req_ready_o    (req_f_ready_o),
    .req_va_i       (req_f_va_i),
    .req_attr_i     (req_f_attr),
    .space_i        (space[0]),
    .miss_free_i    (miss_free[0]),
    .ctrl_pending_i (ctrl_pending || Ports == 1),
    .fmt_i          (fmt),
    .flags_i        (flags),
    .pkru_i         (pkru),
    .l1_lookup_o    (l1_lookup[0]),
    .l1_hit_i       (l1_hit[0]),
    .l1_data_i      (l1_data_f),
    .l1_touch_o     (l1_touch[0]),
    .push_o         (port_push[0]),
    .push_addr_o    (port_addr_f),
    .push_info_o    (port_info_f),
    .miss_o         (miss[0]),
    .direct_o       (direct[0]),
    .hit_event_o    (l1_event_f)
  );

  tw_port u_port_d (
    .req_valid_i    (req_d_valid_i),
    .req_ready_o    (req_d_ready_o),
    .req_va_i       (req_d_va_i),
    .req_attr_i     (req_d_attr),
    .space_i        (space[1]),
    .miss_free_i    (miss_free[1]),
    .ctrl_pending_i (ctrl_pending),
    .fmt_i          (fmt),
    .flags_i        (flags),
    .pkru_i         (pkru),
    .l1_lookup_o    (l1_lookup[1]),
    .l1_hit_i       (l1_hit[1]),
    .l1_data_i      (l1_data_d),
    .l1_touch_o     (l1_touch[1]),
    .push_o         (port_push[1]),
    .push_addr_o    (port_addr_d),
    .push_info_o    (port_info_d),
    .miss_o         (miss[1]),
    .direct_o       (direct[1]),
    .hit_event_o    (l1_event_d)
  );

  logic [tw_pkg::TagW-1:0] unused_l1_tag_f, unused_l1_tag_d;

  tw_tlb_fa #(.Entries(L1FetchEntries)) u_l1f (
    .clk_i          (clk_i),
    .rst_i          (rst_i),
    .lookup_i       (l1_lookup[0]),
    .lookup_tag_i   ({req_f_va_i[12 +: tw_pkg::VpnW], asid}),
    .hit_o          (l1_hit[0]),
    .hit_tag_o      (unused_l1_tag_f),
    .hit_data_o     (l1_data_f),
    .touch_i        (l1_touch[0]),
    .insert_i       (l1_insert[0]),
    .kill_i         (kill),
    .new_tag_i      (new_tag),
    .new_data_i     (new_data),
    .inval_i        (finish),
    .inval_tag_i    (scope_tag),
    .inval_mask_i   (scope_mask),
    .inval_global_i (scope_global),
    .clear_i        (clear),
    .dbg_write_o    (dbg_l1f_write_o),
    .dbg_index_o    (dbg_l1f_index_o),
    .dbg_entry_o    (dbg_l1f_entry_o),
    .dbg_valid_o    (dbg_l1f_valid_o),
    .dbg_plru_o     (dbg_l1f_plru_o)
  );

  tw_tlb_fa #(.Entries(L1DataEntries)) u_l1d (
    .clk_i          (clk_i),
    .rst_i          (rst_i),
    .lookup_i       (l1_lookup[1]),
    .lookup_tag_i   ({req_d_va_i[12 +: tw_pkg::VpnW], asid}),
    .hit_o          (l1_hit[1]),
    .hit_tag_o      (unused_l1_tag_d),
    .hit_data_o     (l1_data_d),
    .touch_i        (l1_touch[1]),
    .insert_i       (l1_insert[1]),
    .kill_i         (kill),
    .new_tag_i      (new_tag),
    .new_data_i     (new_data),
    .inval_i        (finish),
    .inval_tag_i    (scope_tag),
    .inval_mask_i   (scope_mask),
    .inval_global_i (scope_global),
    .clear_i        (clear),
    .dbg_write_o    (dbg_l1d_write_o),
    .dbg_index_o    (dbg_l1d_index_o),
    .dbg_entry_o    (dbg_l1d_entry_o),
    .dbg_valid_o    (dbg_l1d_valid_o),
    .dbg_plru_o     (dbg_l1d_plru_o)
  );

  tw_resp_fifo u_resp_f (
    .clk_i          (clk_i),
    .rst_i          (rst_i),
    .miss_valid_i   (miss_push[0]),
    .miss_id_i      (miss_id_f),
    .miss_addr_i    (miss_addr_f),
    .miss_info_i    (miss_info_f),
    .port_valid_i   (port_push[0]),
    .port_id_i      (req_f_id_i),
    .port_addr_i    (port_addr_f),
    .port_info_i    (port_info_f),
    .cancel_valid_i (cancel_f_valid_i),
    .cancel_all_i   (cancel_f_all_i),
    .cancel_id_i    (cancel_f_id_i),
    .space_o        (space[0]),
    .empty_o        (empty[0]),
    .resp_valid_o   (resp_f_valid_o),
    .resp_ready_i   (resp_f_ready_i),
    .resp_id_o      (resp_f_id_o),
    .resp_pa_o      (resp_f_pa_o),
    .resp_size_o    (resp_f_size_o),
    .resp_global_o  (resp_f_global_o),
    .resp_attr_o    (resp_f_attr_o),
    .resp_fault_o   (resp_f_fault_o),
    .resp_cause_o   (resp_f_cause_o),
    .resp_tval_o    (resp_f_tval_o)
  );

  tw_resp_fifo u_resp_d (
    .clk_i          (clk_i),
    .rst_i          (rst_i),
    .miss_valid_i   (miss_push[1]),
    .miss_id_i      (miss_id_d),
    .miss_addr_i    (miss_addr_d),
    .miss_info_i    (miss_info_d),
    .port_valid_i   (port_push[1]),
    .port_id_i      (req_d_id_i),
    .port_addr_i    (port_addr_d),
    .port_info_i    (port_info_d),
    .cancel_valid_i (cancel_d_valid_i),
    .cancel_all_i   (cancel_d_all_i),
    .cancel_id_i    (cancel_d_id_i),
    .space_o        (space[1]),
    .empty_o        (empty[1]),
    .resp_valid_o   (resp_d_valid_o),
    .resp_ready_i   (resp_d_ready_i),
    .resp_id_o      (resp_d_id_o),
    .resp_pa_o      (resp_d_pa_o),
    .resp_size_o    (resp_d_size_o),
    .resp_global_o  (resp_d_global_o),
    .resp_attr_o    (resp_d_attr_o),
    .resp_fault_o   (resp_d_fault_o),
    .resp_cause_o   (resp_d_cause_o),
    .resp_tval_o    (resp_d_tval_o)
  );

  // ---- Miss queue and lookup stage ----------------------------------------------------------------------------------

  logic                           lookup, l2_hit, merge, start, stuck, lookup_port;
  logic [tw_pkg::VpnW-1:0]        lookup_vpn;
  logic [OwnerW-1:0]              lookup_entry;
  logic [Walkers-1:0]             start_walker, walk_kill;
  logic [tw_pkg::TagW-1:0]        lookup_tag;
  logic                           sa_hit, sp_hit, any_hit, pwc_hit, pwc_filled, pwc_fill;
  logic [tw_pkg::TagW-1:0]        sa_tag, sp_tag, hit_tag;
  logic [tw_pkg::DataW-1:0]       sa_data, sp_data, hit_data;

  // The walkers' registers, walker 0 lowest.
  logic [Walkers-1:0]                 walk_idle, walk_read, walk_cas, walk_waits, walk_joinable, walk_tainted;
  logic [Walkers*tw_pkg::VpnW-1:0]    walk_vpn;
  logic [Walkers*OwnerW-1:0]          walk_owner;
  logic [Walkers*tw_pkg::LevelW-1:0]  walk_level;
  logic [Walkers*tw_pkg::RightsW-1:0] walk_rights;
  logic [Walkers*tw_pkg::PaW-1:0]     walk_addr;
  logic [Walkers*64-1:0]              walk_expected, walk_desired;

  // The walker that memory answers, and what it was asked for.
  logic [Walkers-1:0]         answer, grant, walk_ok, walk_fault, walk_fill, walk_restart, walk_lost, walk_killed;
  logic [WalkW-1:0]           ans_walker;
  logic [OwnerW-1:0]          ans_owner;
  logic [tw_pkg::VpnW-1:0]    ans_vpn;
  logic [tw_pkg::LevelW-1:0]  ans_level;
  logic [tw_pkg::RightsW-1:0] ans_rights;
  logic                       ans_tainted;
  logic [63:0]                ans_pte;
  logic [tw_pkg::VaW-1:0]     ans_va;
  logic [tw_pkg::AttrW-1:0]   ans_attr;

  logic [Walkers-1:0]         walk_swaps;
  logic [5*Walkers-1:0]       walk_dbg;

  // The decoded entry.
  logic [1:0]                 pte_kind;
  logic [5:0]                 pte_cause;
  logic [tw_pkg::PpnW-1:0]    pte_ppn;
  logic [tw_pkg::RightsW-1:0] pte_rights;
  logic [tw_pkg::DataW-1:0]   pte_data;
  logic                       pte_stale;
  logic [63:0]                pte_update;
  logic [tw_pkg::PaW-1:0]     next_addr, root_addr;

  // The walk that ends in this cycle.
  logic                       ok, fault, refill, refill_4k;
  logic [tw_pkg::VpnW-1:0]    walk_vpn_page;
  logic [tw_pkg::VaW-1:0]     resp_addr;
  logic [tw_pkg::InfoW-1:0]   resp_info;

  tw_miss_queue #(.MissEntries(MissEntries), .Walkers(Walkers)) u_miss_queue (
    .clk_i              (clk_i),
    .rst_i              (rst_i),
    .miss_i             (miss),
    .req_f_id_i         (req_f_id_i),
    .req_f_va_i         (req_f_va_i),
    .req_f_attr_i       (req_f_attr),
    .req_d_id_i         (req_d_id_i),
    .req_d_va_i         (req_d_va_i),
    .req_d_attr_i       (req_d_attr),
    .free_o             (miss_free),
    .all_free_o         (misses_free),
    .cancel_valid_i     ({cancel_d_valid_i, cancel_f_valid_i}),
    .cancel_all_i       ({cancel_d_all_i, cancel_f_all_i}),
    .cancel_f_id_i      (cancel_f_id_i),
    .cancel_d_id_i      (cancel_d_id_i),
    .kill_o             (walk_kill),
    .finish_i           (finish),
    .sweep_i            (sweep),
    .sweep_gnt_o        (sweep_gnt),
    .fmt_i              (fmt),
    .flags_i            (flags),
    .pkru_i             (pkru),
    .lookup_o           (lookup),
    .lookup_vpn_o       (lookup_vpn),
    .hit_i              (any_hit),
    .hit_data_i         (hit_data),
    .hit_o              (l2_hit),
    .merge_o            (merge),
    .start_o            (start),
    .stuck_o            (stuck),
    .lookup_port_o      (lookup_port),
    .lookup_entry_o     (lookup_entry),
    .start_walker_o     (start_walker),
    .walk_idle_i        (walk_idle),
    .walk_joinable_i    (walk_joinable),
    .walk_vpn_i         (walk_vpn),
    .owner_i            (ans_owner),
    .owner_va_o         (ans_va),
    .owner_attr_o       (ans_attr),
    .walk_done_i        (ok || fault),
    .walk_done_walker_i (ans_walker),
    .walk_addr_i        (resp_addr),
    .walk_info_i        (resp_info),
    .space_i            (space),
    .push_o             (miss_push),
    .push_f_id_o        (miss_id_f),
    .push_f_addr_o      (miss_addr_f),
    .push_f_info_o      (miss_info_f),
    .push_d_id_o        (miss_id_d),
    .push_d_addr_o      (miss_addr_d),
    .push_d_info_o      (miss_info_d),
    .dbg_miss_o         (dbg_miss_o)
  );

  // ---- L2 TLB and walk cache ----------------------------------------------------------------------------------------

  assign lookup_tag = {lookup_vpn, asid};

  // A 4 KB entry from before the page became part of a superpage answers first.
  assign any_hit  = sa_hit || sp_hit;
  assign hit_tag  = sa_hit ? sa_tag : sp_tag;
  assign hit_data = sa_hit ? sa_data : sp_data;

  tw_tlb_sa #(.Sets(L2Sets), .Ways(L2Ways)) u_l2 (
    .clk_i          (clk_i),
    .rst_i          (rst_i),
    .lookup_i       (lookup),
    .lookup_tag_i   (lookup_tag),
    .hit_o          (sa_hit),
    .hit_tag_o      (sa_tag),
    .hit_data_o     (sa_data),
    .touch_i        (l2_hit && sa_hit),
    .insert_i       (refill && refill_4k),
    .kill_i         (kill),
    .new_tag_i      (walk_tag),
    .new_data_i     (pte_data),
    .sweep_i        (sweep_gnt),
    .sweep_set_i    (sweep_set),
    .inval_tag_i    (scope_tag),
    .inval_mask_i   (scope_mask),
    .inval_global_i (scope_global),
    .inval_all_i    (finish_all),
    .clear_i        (clear),
    .dbg_write_o    (dbg_l2_write_o),
    .dbg_set_o      (dbg_l2_set_o),
    .dbg_way_o      (dbg_l2_way_o),
    .dbg_entry_o    (dbg_l2_entry_o),
    .dbg_inv_o      (dbg_l2_inv_o),
    .dbg_inv_set_o  (dbg_l2_inv_set_o),
    .dbg_inv_mask_o (dbg_l2_inv_mask_o),
    .dbg_clear_o    (dbg_l2_clear_o),
    .dbg_touch_o    (dbg_l2_touch_o),
    .dbg_touch_set_o(dbg_l2_touch_set_o),
    .dbg_plru_o     (dbg_l2_plru_o)
  );

  tw_tlb_fa #(.Entries(L2SpEntries)) u_sp (
    .clk_i          (clk_i),
    .rst_i          (rst_i),
    .lookup_i       (lookup),
    .lookup_tag_i   (lookup_tag),
    .hit_o          (sp_hit),
    .hit_tag_o      (sp_tag),
    .hit_data_o     (sp_data),
    .touch_i        (l2_hit && !sa_hit),
    .insert_i       (refill && !refill_4k),
    .kill_i         (kill),
    .new_tag_i      (walk_tag),
    .new_data_i     (pte_data),
    .inval_i        (finish),
    .inval_tag_i    (scope_tag),
    .inval_mask_i   (scope_mask),
    .inval_global_i (scope_global),
    .clear_i        (clear),
    .dbg_write_o    (dbg_sp_write_o),
    .dbg_index_o    (dbg_sp_index_o),
    .dbg_entry_o    (dbg_sp_entry_o),
    .dbg_valid_o    (dbg_sp_valid_o),
    .dbg_plru_o     (dbg_sp_plru_o)
  );

  // A walk starts below the root if the walk cache knows the table.
  logic [tw_pkg::PwcDataW-1:0] pwc_data;
  logic [tw_pkg::LevelW-1:0]   root_level, start_level, next_level;
  logic [tw_pkg::PpnW-1:0]     start_ppn;
  logic [tw_pkg::RightsW-1:0]  start_rights;
  logic [tw_pkg::PaW-1:0]      start_addr;
  logic [tw_pkg::VpnW-1:0]     next_prefix;

  assign root_level   = tw_pkg::fmt_root_level(fmt);
  assign start_level  = pwc_hit ? pwc_data[tw_pkg::PwcLevel +: 3] : root_level;
  assign start_ppn    = pwc_hit ? pwc_data[tw_pkg::PwcPpn +: tw_pkg::PpnW] : root_ppn;
  assign start_rights = pwc_hit ? pwc_data[tw_pkg::RightsW-1:0] : tw_pkg::RightsRoot;
  assign start_addr   = tw_pkg::pte_addr(fmt, start_ppn, start_level, lookup_vpn);

  tw_pwc #(.Entries(PwcEntries)) u_pwc (
    .clk_i        (clk_i),
    .rst_i        (rst_i),
    .lookup_i     (lookup),
    .lookup_tag_i (lookup_tag),
    .hit_o        (pwc_hit),
    .hit_data_o   (pwc_data),
    .touch_i      (start && pwc_hit),
    .fill_i       (pwc_fill),
    .fill_tag_i   ({ans_vpn & next_prefix, asid}),
    .fill_mask_i  ({next_prefix, {tw_pkg::AsidW{1'b1}}}),
    .fill_data_i  ({pte_ppn, next_level, pte_rights}),
    .kill_i       (kill),
    .kill_tag_i   ({ans_vpn, asid}),
    .clear_i      (fence_take || clear),
    .filled_o     (pwc_filled),
    .dbg_write_o  (dbg_pwc_write_o),
    .dbg_index_o  (dbg_pwc_index_o),
    .dbg_entry_o  (dbg_pwc_entry_o),
    .dbg_valid_o  (dbg_pwc_valid_o),
    .dbg_plru_o   (dbg_pwc_plru_o)
  );

  // ---- Memory answer: the walker it belongs to, its entry decoded ---------------------------------------------------

  always @* begin
    answer      = '0;
    ans_walker  = '0;
    ans_owner   = '0;
    ans_vpn     = '0;
    ans_level   = '0;
    ans_rights  = '0;
    ans_tainted = 1'b0;
    ans_pte     = mem_resp_data_i;
    if (mem_resp_valid_i) begin
      for (int w = 0; w < Walkers; w++) begin
        if (mem_resp_id_i == 4'(w) && walk_waits[w]) begin
          answer[w]   = 1'b1;
          ans_walker  = WalkW'(w);
          ans_owner   = walk_owner[w*OwnerW +: OwnerW];
          ans_vpn     = walk_vpn[w*tw_pkg::VpnW +: tw_pkg::VpnW];
          ans_level   = walk_level[w*tw_pkg::LevelW +: tw_pkg::LevelW];
          ans_rights  = walk_rights[w*tw_pkg::RightsW +: tw_pkg::RightsW];
          ans_tainted = walk_tainted[w];
          // A compare-and-swap that was done has left the desired value in memory.
          if (walk_swaps[w]) ans_pte = walk_desired[w*64 +: 64];
        end
      end
    end
  end

  tw_pte_decode u_decode (
    .valid_i      (answer != '0),
    .fmt_i        (fmt),
    .flags_i      (flags),
    .pkru_i       (pkru),
    .maxphyaddr_i (maxphyaddr),
    .attr_i       (ans_attr),
    .level_i      (ans_level),
    .rights_i     (ans_rights),
    .pte_i        (ans_pte),
    .kind_o       (pte_kind),
    .cause_o      (pte_cause),
    .ppn_o        (pte_ppn),
    .rights_o     (pte_rights),
    .data_o       (pte_data),
    .stale_o      (pte_stale),
    .update_o     (pte_update)
  );

  assign next_level  = ans_level - 3'd1;
  assign next_prefix = tw_pkg::prefix_mask(fmt, next_level);
  assign next_addr   = tw_pkg::pte_addr(fmt, pte_ppn, next_level, ans_vpn);
  assign root_addr   = tw_pkg::pte_addr(fmt, root_ppn, root_level, ans_vpn);

  for (genvar w = 0; w < Walkers; w++) begin : g_walker
    logic [2:0] state;
    logic       dead;

    tw_walker #(.OwnerW(OwnerW)) u_walker (
      .clk_i          (clk_i),
      .rst_i          (rst_i),
      .start_i        (start_walker[w]),
      .start_owner_i  (lookup_entry),
      .start_vpn_i    (lookup_vpn),
      .start_root_i   (!pwc_hit),
      .start_level_i  (start_level),
      .start_rights_i (start_rights),
      .start_addr_i   (start_addr),
      .kill_i         (walk_kill[w]),
      .taint_i        (fence_take),
      .grant_i        (grant[w]),
      .answer_i       (answer[w]),
      .answer_err_i   (mem_resp_err_i),
      .answer_data_i  (mem_resp_data_i),
      .pte_kind_i     (pte_kind),
      .pte_stale_i    (pte_stale),
      .pte_update_i   (pte_update),
      .pte_rights_i   (pte_rights),
      .next_addr_i    (next_addr),
      .root_level_i   (root_level),
      .root_addr_i    (root_addr),
      .ok_o           (walk_ok[w]),
      .fault_o        (walk_fault[w]),
      .fill_o         (walk_fill[w]),
      .restart_o      (walk_restart[w]),
      .cas_lost_o     (walk_lost[w]),
      .killed_o       (walk_killed[w]),
      .state_o        (state),
      .owner_o        (walk_owner[w*OwnerW +: OwnerW]),
      .vpn_o          (walk_vpn[w*tw_pkg::VpnW +: tw_pkg::VpnW]),
      .level_o        (walk_level[w*tw_pkg::LevelW +: tw_pkg::LevelW]),
      .rights_o       (walk_rights[w*tw_pkg::RightsW +: tw_pkg::RightsW]),
      .addr_o         (walk_addr[w*tw_pkg::PaW +: tw_pkg::PaW]),
      .expected_o     (walk_expected[w*64 +: 64]),
      .desired_o      (walk_desired[w*64 +: 64]),
      .dead_o         (dead),
      .tainted_o      (walk_tainted[w])
    );

    assign walk_idle[w]     = state == 3'd0;
    assign walk_read[w]     = state == 3'd1;
    assign walk_cas[w]      = state == 3'd3;
    assign walk_swaps[w]    = state == 3'd4;
    assign walk_waits[w]    = state == 3'd2 || state == 3'd4;
    assign walk_joinable[w] = !walk_idle[w] && !dead && !walk_tainted[w];
    assign walk_dbg[5*w +: 5] = {walk_tainted[w], dead, state};
  end

  assign dbg_walker_o = 40'(walk_dbg);

  tw_mem_arb #(.Walkers(Walkers)) u_mem_arb (
    .clk_i              (clk_i),
    .rst_i              (rst_i),
    .read_i             (walk_read),
    .cas_i              (walk_cas),
    .addr_i             (walk_addr),
    .expected_i         (walk_expected),
    .desired_i          (walk_desired),
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

  // ---- Completion of a walk: its response, and what it writes -------------------------------------------------------

  assign ok    = walk_ok != '0;
  assign fault = walk_fault != '0;

  always @* begin
    resp_addr = ans_va;
    if (ok) begin
      resp_addr = {8'd0, tw_pkg::page_pa(pte_data, ans_va)};
      resp_info = tw_pkg::info_page(pte_data);
    end else if (mem_resp_err_i) begin
      resp_info = tw_pkg::info_fault(tw_pkg::FaultAccess,
                                     tw_pkg::access_cause(tw_pkg::fmt_x86(fmt), flags, ans_attr));
    end else begin
      resp_info = tw_pkg::info_fault(tw_pkg::FaultPage, pte_cause);
    end
  end

  assign pwc_fill  = walk_fill != '0;
  assign refill    = ok && !ans_tainted && !finish;
  assign kill      = fault;
  assign refill_4k = pte_data[tw_pkg::DataSize +: 3] == tw_pkg::Size4K;
  assign walk_vpn_page = ok ? ans_vpn & tw_pkg::size_mask(pte_data[tw_pkg::DataSize +: 3]) : ans_vpn;
  assign walk_tag  = {walk_vpn_page, asid};

  // The L1 TLBs take what a walk found or what the L2 had.
  assign new_tag   = l2_hit ? hit_tag : walk_tag;
  assign new_data  = l2_hit ? hit_data : pte_data;
  assign l1_insert = {(l2_hit && lookup_port) || (refill && ans_owner[OwnerW-1]),
                      (l2_hit && !lookup_port) || (refill && !ans_owner[OwnerW-1])};

  // ---- Events, idle -------------------------------------------------------------------------------------------------

  logic mem_handshake;

  assign mem_handshake = mem_req_valid_o && mem_req_ready_i;

  tw_counters u_counters (
    .clk_i          (clk_i),
    .rst_i          (rst_i),
    .l1f_hit_i      (l1_event_f),
    .l1d_hit_i      (l1_event_d),
    .l1_miss_i      (miss),
    .direct_i       (direct),
    .l2_hit_i       (l2_hit ? tw_pkg::size_event(hit_data[tw_pkg::DataSize +: 3]) : 4'd0),
    .walk_start_i   (start),
    .merge_i        (merge),
    .no_walker_i    (stuck),
    .pwc_start_i    (start && pwc_hit),
    .walk_ok_i      (ok),
    .walk_fault_i   (fault),
    .walk_restart_i (walk_restart != '0),
    .cas_lost_i     (walk_lost != '0),
    .mem_read_i     (mem_handshake && !mem_req_cas_o),
    .mem_cas_i      (mem_handshake && mem_req_cas_o),
    .pwc_fill_i     (pwc_filled),
    .walk_killed_i  (walk_killed != '0),
    .fence_i        (finish),
    .ctrl_i         (ctrl_apply),
    .req_stall_i    ((req_f_valid_i && !req_f_ready_o && Ports == 2) || (req_d_valid_i && !req_d_ready_o)),
    .resp_stall_i   ((resp_f_valid_o && !resp_f_ready_i) || (resp_d_valid_o && !resp_d_ready_i)),
    .events_o       (events_o),
    .counter_sel_i  (counter_sel_i),
    .counter_o      (counter_o)
  );

  assign idle_o = misses_free && walk_idle == '1 && fence_ready_o && ctrl_ready_o && empty == 2'b11;

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

  // A cycle has at most one completion.
  `TW_CHECK(l2_hit, !ok && !fault)

  // A walk has one outcome, and only with an answer.
  `TW_CHECK(ok || fault, answer != '0 && !(ok && fault))

  // Idle means that nothing waits to be answered.
  `TW_CHECK(idle_o, !resp_f_valid_o && !resp_d_valid_o && !mem_req_valid_o)

endmodule

`default_nettype wire
