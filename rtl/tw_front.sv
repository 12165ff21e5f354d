// SPDX-License-Identifier: Apache-2.0
// Front end of one port: request stage, L1 TLB, miss queue and response queue. Connects and nothing else; what the port
// shares with the other stands behind it. Invariant: every output to a pin is a function of registers only.
`include "tw_assert.svh"
`default_nettype none

module tw_front #(
  parameter int L1Entries   = 4,
  parameter int MissEntries = 2,
  parameter int Walkers     = 2,
  parameter int AsidBits    = 16,
  parameter int Formats     = 'h140
) (
  input  wire logic                                    clk_i,
  input  wire logic                                    rst_i,

  // Request, response, cancel: pins.
  input  wire logic                                    req_valid_i,
  output logic                                         req_ready_o,
  input  wire logic [tw_pkg::IdW-1:0]                  req_id_i,
  input  wire logic [tw_pkg::VaW-1:0]                  req_va_i,
  input  wire logic [tw_pkg::ModeW-1:0]                req_mode_i,
  output logic                                         resp_valid_o,
  input  wire logic                                    resp_ready_i,
  output logic [tw_pkg::IdW-1:0]                       resp_id_o,
  output logic [tw_pkg::PaW-1:0]                       resp_pa_o,
  output logic [2:0]                                   resp_size_o,
  output logic                                         resp_global_o,
  output logic [2:0]                                   resp_attr_o,
  output logic [1:0]                                   resp_fault_o,
  output logic [5:0]                                   resp_cause_o,
  output logic [tw_pkg::VaW-1:0]                       resp_tval_o,
  input  wire logic                                    cancel_valid_i,
  input  wire logic                                    cancel_all_i,
  input  wire logic [tw_pkg::IdW-1:0]                  cancel_id_i,

  // From the control registers and the fence sequencer.
  input  wire logic                                    ctrl_pending_i,
  input  wire logic [tw_fmt::RowW-1:0]                 row_i,
  input  wire logic [tw_pkg::AsidW-1:0]                asid_i,
  input  wire logic [tw_pkg::FlagsW-1:0]               flags_i,
  input  wire logic [31:0]                             pkru_i,
  input  wire logic                                    clear_i,
  input  wire logic                                    finish_i,
  input  wire logic [tw_pkg::TagW-1:0]                 scope_tag_i,
  input  wire logic [tw_pkg::TagW-1:0]                 scope_mask_i,
  input  wire logic                                    scope_global_i,

  // Lookup stage.
  output logic                                         pending_o,
  output logic [tw_pkg::index_w(MissEntries)-1:0]      pending_slot_o,
  output logic [tw_pkg::VaW-1:0]                       pending_va_o,
  output logic [tw_pkg::ModeW-1:0]                     pending_mode_o,
  output logic                                         pending_merged_o,
  input  wire logic                                    looked_i,
  input  wire logic                                    stuck_i,
  input  wire logic                                    merge_i,
  input  wire logic                                    start_i,
  input  wire logic [tw_pkg::index_w(Walkers)-1:0]     walker_i,

  // Walks.
  output logic [Walkers-1:0]                           kill_o,
  input  wire logic [Walkers-1:0]                      killed_i,
  input  wire logic [tw_pkg::index_w(MissEntries)-1:0] owner_slot_i,
  output logic [tw_pkg::VaW-1:0]                       owner_va_o,
  output logic [tw_pkg::ModeW-1:0]                     owner_mode_o,
  input  wire logic                                    walk_done_i,
  input  wire logic [tw_pkg::index_w(Walkers)-1:0]     walk_done_walker_i,

  // Completion: the response, and what the L1 TLB learns or forgets.
  input  wire logic                                    complete_i,
  input  wire logic [tw_pkg::index_w(MissEntries)-1:0] complete_slot_i,
  input  wire logic [tw_pkg::VaW-1:0]                  complete_addr_i,
  input  wire logic [tw_pkg::InfoW-1:0]                complete_info_i,
  input  wire logic                                    insert_i,
  input  wire logic                                    kill_page_i,
  input  wire logic [tw_pkg::TagW-1:0]                 new_tag_i,
  input  wire logic [tw_pkg::DataW-1:0]                new_page_i,

  // Events, idle.
  output logic                                         miss_o,
  output logic                                         direct_o,
  output logic [3:0]                                   hit_event_o,
  output logic                                         misses_free_o,
  output logic                                         empty_o,       // the response queue

  // Debug view: section 13 of the contract.
  output logic [2*MissEntries-1:0]                     dbg_miss_o,
  output logic                                         dbg_write_o,
  output logic [5:0]                                   dbg_index_o,
  output logic [tw_pkg::TagW+tw_pkg::DataW-1:0]        dbg_entry_o,
  output logic [63:0]                                  dbg_valid_o,
  output logic [63:0]                                  dbg_plru_o
);

  logic                     space, miss_free, l1_lookup, l1_hit, l1_touch, port_push, miss_push;
  logic [tw_pkg::DataW-1:0] l1_data;
  logic [tw_pkg::TagW-1:0]  unused_l1_tag;
  logic [tw_pkg::VaW-1:0]   va, port_addr, miss_addr;
  logic [tw_pkg::InfoW-1:0] port_info, miss_info;
  logic [tw_pkg::IdW-1:0]   miss_id;

  tw_port #(.Formats(Formats)) u_port (
    .req_valid_i    (req_valid_i),
    .req_ready_o    (req_ready_o),
    .req_va_i       (req_va_i),
    .req_mode_i     (req_mode_i),
    .space_i        (space),
    .miss_free_i    (miss_free),
    .ctrl_pending_i (ctrl_pending_i),
    .row_i          (row_i),
    .flags_i        (flags_i),
    .pkru_i         (pkru_i),
    .va_o           (va),
    .l1_lookup_o    (l1_lookup),
    .l1_hit_i       (l1_hit),
    .l1_data_i      (l1_data),
    .l1_touch_o     (l1_touch),
    .push_o         (port_push),
    .push_addr_o    (port_addr),
    .push_info_o    (port_info),
    .miss_o         (miss_o),
    .direct_o       (direct_o),
    .hit_event_o    (hit_event_o)
  );

  tw_tlb_fa #(.Entries(L1Entries), .AsidBits(AsidBits), .Formats(Formats)) u_l1 (
    .clk_i          (clk_i),
    .rst_i          (rst_i),
    .lookup_i       (l1_lookup),
    .lookup_tag_i   (tw_pkg::tag(tw_pkg::vpn_of(va), asid_i)),
    .hit_o          (l1_hit),
    .hit_tag_o      (unused_l1_tag),
    .hit_data_o     (l1_data),
    .touch_i        (l1_touch),
    .insert_i       (insert_i),
    .kill_i         (kill_page_i),
    .new_tag_i      (new_tag_i),
    .new_data_i     (new_page_i),
    .inval_i        (finish_i),
    .inval_tag_i    (scope_tag_i),
    .inval_mask_i   (scope_mask_i),
    .inval_global_i (scope_global_i),
    .clear_i        (clear_i),
    .dbg_write_o    (dbg_write_o),
    .dbg_index_o    (dbg_index_o),
    .dbg_entry_o    (dbg_entry_o),
    .dbg_valid_o    (dbg_valid_o),
    .dbg_plru_o     (dbg_plru_o)
  );

  tw_miss_queue #(.MissEntries(MissEntries), .Walkers(Walkers), .Formats(Formats)) u_miss_queue (
    .clk_i              (clk_i),
    .rst_i              (rst_i),
    .miss_i             (miss_o),
    .req_id_i           (req_id_i),
    .req_va_i           (va),
    .req_mode_i         (req_mode_i),
    .free_o             (miss_free),
    .all_free_o         (misses_free_o),
    .cancel_valid_i     (cancel_valid_i),
    .cancel_all_i       (cancel_all_i),
    .cancel_id_i        (cancel_id_i),
    .kill_o             (kill_o),
    .killed_i           (killed_i),
    .pending_o          (pending_o),
    .pending_slot_o     (pending_slot_o),
    .pending_va_o       (pending_va_o),
    .pending_mode_o     (pending_mode_o),
    .pending_merged_o   (pending_merged_o),
    .looked_i           (looked_i),
    .stuck_i            (stuck_i),
    .merge_i            (merge_i),
    .start_i            (start_i),
    .walker_i           (walker_i),
    .owner_slot_i       (owner_slot_i),
    .owner_va_o         (owner_va_o),
    .owner_mode_o       (owner_mode_o),
    .complete_i         (complete_i),
    .complete_slot_i    (complete_slot_i),
    .complete_addr_i    (complete_addr_i),
    .complete_info_i    (complete_info_i),
    .walk_done_i        (walk_done_i),
    .walk_done_walker_i (walk_done_walker_i),
    .space_i            (space),
    .push_o             (miss_push),
    .push_id_o          (miss_id),
    .push_addr_o        (miss_addr),
    .push_info_o        (miss_info),
    .dbg_miss_o         (dbg_miss_o)
  );

  tw_resp_fifo u_resp_fifo (
    .clk_i          (clk_i),
    .rst_i          (rst_i),
    .miss_valid_i   (miss_push),
    .miss_id_i      (miss_id),
    .miss_addr_i    (miss_addr),
    .miss_info_i    (miss_info),
    .port_valid_i   (port_push),
    .port_id_i      (req_id_i),
    .port_addr_i    (port_addr),
    .port_info_i    (port_info),
    .cancel_valid_i (cancel_valid_i),
    .cancel_all_i   (cancel_all_i),
    .cancel_id_i    (cancel_id_i),
    .space_o        (space),
    .empty_o        (empty_o),
    .resp_valid_o   (resp_valid_o),
    .resp_ready_i   (resp_ready_i),
    .resp_id_o      (resp_id_o),
    .resp_pa_o      (resp_pa_o),
    .resp_size_o    (resp_size_o),
    .resp_global_o  (resp_global_o),
    .resp_attr_o    (resp_attr_o),
    .resp_fault_o   (resp_fault_o),
    .resp_cause_o   (resp_cause_o),
    .resp_tval_o    (resp_tval_o)
  );

  // ---- Properties --------------------------------------------------------------------------------------------------

  `TW_ALIVE

  // The registers hold the row of a format of the configuration, or bare's.
  `TW_EXPECT(req_valid_i, tw_fmt::known(Formats | 1, row_i))

  // What the L1 TLB learns comes neither with a kill, nor in FINISH, nor when the format changes, and is aligned.
  `TW_EXPECT(insert_i, !kill_page_i && !finish_i && !clear_i &&
                       (new_tag_i & ~tw_fmt::tag_mask(tw_pkg::data_size(new_page_i), 1'b0)) == '0)

  // A request is accepted only with a place for its answer and one for its miss, and takes one of them.
  `TW_CHECK(req_valid_i && req_ready_o, space && miss_free && port_push != miss_o)

`ifdef FORMAL
  logic                   answered_q, quiet_q;
  logic [tw_pkg::IdW-1:0] answered_id_q;

  always_ff @(posedge clk_i) begin
    answered_q    <= !rst_i && empty_o && port_push && !miss_push;
    quiet_q       <= !rst_i && empty_o && !port_push && !miss_push;
    answered_id_q <= req_id_i;
  end

  // What the L1 answers while nothing waits is on the pins in the next cycle, under the request's id.
  `TW_CHECK(answered_q, resp_valid_o && resp_id_o == answered_id_q)

  // No response comes of nothing: each has a request that was answered, or a miss that completed.
  `TW_CHECK(quiet_q, !resp_valid_o)
`endif

endmodule

`default_nettype wire
