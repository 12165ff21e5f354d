// SPDX-License-Identifier: Apache-2.0
// Request stage of one port: takes a request and classifies it in the same cycle - answered without translation,
// answered by the L1 TLB, or a miss. Invariant: every request that is accepted either pushes one response or allocates
// one miss queue entry. No state of its own: the L1 TLB, the response queue and the miss queue stand beside it.
// docs/contract.md, section 4.
`include "tw_assert.svh"
`default_nettype none

module tw_port (
  // Request: from and to pins.
  input  wire logic                      req_valid_i,
  output logic                           req_ready_o,
  input  wire logic [tw_pkg::VaW-1:0]    req_va_i,
  input  wire logic [tw_pkg::AttrW-1:0]  req_attr_i,     // {mxr, sum, priv, access}

  input  wire logic                      space_i,        // from the response queue: at most two entries held
  input  wire logic                      miss_free_i,    // from the miss queue: the port has a free entry
  input  wire logic                      ctrl_pending_i, // from the control registers
  input  wire logic [3:0]                fmt_i,
  input  wire logic [tw_pkg::FlagsW-1:0] flags_i,
  input  wire logic [31:0]               pkru_i,

  // Lookup: to and from the L1 TLB.
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

  logic                    accept, direct, canonical, x86, allow, usable;
  logic                    unused_pk;

  assign req_ready_o = space_i && miss_free_i && !ctrl_pending_i;
  assign accept      = req_valid_i && req_ready_o;

  assign x86       = tw_pkg::fmt_x86(fmt_i);
  assign direct    = fmt_i == tw_pkg::FmtBare || req_attr_i[3:2] == tw_pkg::PrivM;
  assign canonical = tw_pkg::canonical(fmt_i, req_va_i);

  assign l1_lookup_o = accept && !direct && canonical;

  tw_perm u_perm (
    .check_i  (l1_hit_i),
    .fmt_i    (fmt_i),
    .flags_i  (flags_i),
    .pkru_i   (pkru_i),
    .attr_i   (req_attr_i),
    .rights_i (l1_data_i[tw_pkg::DataRights +: 4]),
    .pkey_i   (l1_data_i[tw_pkg::DataPkey +: 4]),
    .allow_o  (allow),
    .pk_o     (unused_pk)
  );

  // A store through an entry with D = 0 walks, so that D is set in memory first.
  assign usable = allow && !(tw_pkg::is_write(req_attr_i) && !l1_data_i[tw_pkg::DataD]);

  assign l1_touch_o  = usable;
  assign hit_event_o = usable ? tw_pkg::size_event(l1_data_i[tw_pkg::DataSize +: 3]) : 4'd0;
  assign miss_o      = l1_lookup_o && !usable;
  assign direct_o    = accept && !l1_lookup_o;
  assign push_o      = direct_o || usable;

  always @* begin
    push_addr_o = '0;
    push_info_o = '0;
    if (usable) begin
      push_addr_o = {8'd0, tw_pkg::page_pa(l1_data_i, req_va_i)};
      push_info_o = tw_pkg::info_page(l1_data_i);
    end else if (direct_o) begin
      push_addr_o = req_va_i;
      if (direct) begin
        if (req_va_i[63:56] != 8'd0)
          push_info_o = tw_pkg::info_fault(tw_pkg::FaultAccess, tw_pkg::access_cause(x86, flags_i, req_attr_i));
      end else if (x86) begin
        push_info_o = tw_pkg::info_fault(tw_pkg::FaultCanon, 6'd0);
      end else begin
        push_info_o = tw_pkg::info_fault(tw_pkg::FaultPage, tw_pkg::page_cause(1'b0, flags_i, req_attr_i, 6'd0));
      end
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
  `TW_TRUE(l1_touch_o && tw_pkg::is_write(req_attr_i), l1_data_i[tw_pkg::DataD])

endmodule

`default_nettype wire
