// SPDX-License-Identifier: Apache-2.0
// Request stage of one port: takes a request and classifies it in the same cycle - answered without translation,
// answered by the L1 TLB, or a miss. Invariant: every request that is accepted either pushes one response or allocates
// one miss queue entry. No state of its own: the L1 TLB, the response queue and the miss queue stand beside it.
// docs/contract.md, section 4.
`include "tw_assert.svh"
`default_nettype none

module tw_port #(
  parameter int Formats = 'h140
) (
  // Request: from and to pins.
  input  wire logic                      req_valid_i,
  output logic                           req_ready_o,
  input  wire logic [tw_pkg::VaW-1:0]    req_va_i,
  input  wire logic [tw_pkg::ModeW-1:0]  req_mode_i,

  input  wire logic                      space_i,        // from the response queue: at most two entries held
  input  wire logic                      miss_free_i,    // from the miss queue: the port has a free entry
  input  wire logic                      ctrl_pending_i, // from the control registers
  input  wire logic [tw_fmt::RowW-1:0]   row_i,
  input  wire logic [tw_pkg::FlagsW-1:0] flags_i,
  input  wire logic [31:0]               pkru_i,

  // Lookup: to and from the L1 TLB.
  output logic [tw_pkg::VaW-1:0]         va_o,           // the address as the format sees it; to the miss queue too
  output logic                           l1_lookup_o,
  input  wire logic                      l1_hit_i,
  input  wire logic [tw_pkg::DataW-1:0]  l1_data_i,
  output logic                           l1_touch_o,

  // Push: to the response queue.
  output logic                           push_o,
  output logic [tw_pkg::VaW-1:0]         push_addr_o,
  output logic [tw_pkg::InfoW-1:0]       push_info_o,

  output logic                           miss_o,         // to the miss queue: allocate; also an event
  output logic                           direct_o,       // event: answered without translation
  output logic [3:0]                     hit_event_o     // event: L1 hit, by size
);

  localparam int PaBits = tw_fmt::ppn_w(Formats) + 12;

  logic                     accept, direct, legal, usable;
  logic [tw_pkg::VaW-1:0]   beyond;     // the address bits that no PA of the configuration has
  logic [tw_pkg::InfoW-1:0] illegal, bus_error, unused_missing;

  assign req_ready_o = space_i && miss_free_i && !ctrl_pending_i;
  assign accept      = req_valid_i && req_ready_o;

  assign va_o   = tw_fmt::va_of(row_i, req_va_i);
  assign direct = !tw_fmt::translates(row_i) || tw_pkg::is_machine(req_mode_i);
  assign beyond = va_o & ({tw_pkg::VaW{1'b1}} << PaBits);

  assign l1_lookup_o = legal;

  tw_check #(.Formats(Formats)) u_check (
    .row_i        (row_i),
    .flags_i      (flags_i),
    .pkru_i       (pkru_i),
    .req_i        (accept && !direct),
    .va_i         (va_o),
    .mode_i       (req_mode_i),
    .legal_o      (legal),
    .fault_i      (direct_o),
    .illegal_o    (illegal),
    .bus_error_o  (bus_error),
    .missing_o    (unused_missing),
    .page_valid_i (l1_hit_i),
    .page_i       (l1_data_i),
    .usable_o     (usable)
  );

  assign l1_touch_o  = usable;
  assign hit_event_o = usable ? tw_fmt::size_event(tw_pkg::data_size(l1_data_i)) : 4'd0;
  assign miss_o      = l1_lookup_o && !usable;
  assign direct_o    = accept && !l1_lookup_o;
  assign push_o      = direct_o || usable;

  always @* begin
    push_addr_o = '0;
    push_info_o = '0;
    if (usable) begin
      push_addr_o = {8'd0, tw_fmt::page_pa(l1_data_i, va_o)};
      push_info_o = tw_pkg::info_page(l1_data_i);
    end else if (direct_o) begin
      push_addr_o = va_o;
      if (!direct)           push_info_o = illegal;
      else if (beyond != '0) push_info_o = bus_error;
    end
  end

  // ---- Properties --------------------------------------------------------------------------------------------------

  // The L1 answers when it is asked.
  `TW_GIVEN(l1_hit_i, l1_lookup_o)

  // A request that is accepted is answered or misses, not both.
  `TW_TRUE(accept, push_o != miss_o)

  // Without one nothing happens.
  `TW_TRUE(!accept, !push_o && !miss_o && !l1_lookup_o && !l1_touch_o && hit_event_o == '0)

  // An answer of the L1 is no fault, and a write has D.
  `TW_TRUE(l1_touch_o, push_o && push_info_o[tw_pkg::InfoFault +: 2] == tw_pkg::FaultNone)
  `TW_TRUE(l1_touch_o && tw_pkg::is_write(req_mode_i), l1_data_i[tw_pkg::DataD])

endmodule

`default_nettype wire
