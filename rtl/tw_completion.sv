// SPDX-License-Identifier: Apache-2.0
// Completion, as pure logic: the answer that a lookup or the end of a walk gives to a request, and what the TLBs and
// the walk cache learn from it or forget by it. Invariant: a cycle has at most one completion; what a fence's FINISH
// invalidates, or was read before it, is not inserted. docs/contract.md, sections 7 and 8.
`include "tw_assert.svh"
`default_nettype none

module tw_completion #(
  parameter int SlotW = 1
) (
  input  wire logic [tw_pkg::AsidW-1:0]  asid_i,          // from the control registers
  input  wire logic                      finish_i,        // from the fence sequencer

  // A lookup that completes: with a page of the L2, or without a table to walk.
  input  wire logic                      hit_i,
  input  wire logic                      rootless_i,
  input  wire logic                      lookup_port_i,
  input  wire logic [SlotW-1:0]          lookup_slot_i,
  input  wire logic [tw_pkg::VaW-1:0]    lookup_va_i,
  input  wire logic [tw_pkg::TagW-1:0]   hit_tag_i,
  input  wire logic [tw_pkg::DataW-1:0]  hit_page_i,
  input  wire logic [tw_pkg::InfoW-1:0]  rootless_info_i,

  // A walk that ends, and the request that owns it.
  input  wire logic                      ok_i,
  input  wire logic                      fault_i,
  input  wire logic                      tainted_i,
  input  wire logic                      owner_port_i,
  input  wire logic [SlotW-1:0]          owner_slot_i,
  input  wire logic [tw_pkg::VaW-1:0]    owner_va_i,
  input  wire logic [tw_pkg::VpnW-1:0]   walk_vpn_i,
  input  wire logic [tw_pkg::DataW-1:0]  walk_page_i,
  input  wire logic [tw_pkg::InfoW-1:0]  walk_info_i,     // of a fault

  // The answer: to the miss queue of one port.
  output logic [1:0]                     complete_o,      // which
  output logic [SlotW-1:0]               slot_o,
  output logic [tw_pkg::VaW-1:0]         addr_o,
  output logic [tw_pkg::InfoW-1:0]       info_o,

  // What is learned or forgotten: to the L1 TLBs, the L2 and the walk cache.
  output logic [1:0]                     l1_insert_o,     // into that of which port
  output logic                           l2_insert_o,
  output logic                           kill_o,
  output logic [tw_pkg::TagW-1:0]        new_tag_o,       // to the L1 TLBs and the walk cache
  output logic [tw_pkg::DataW-1:0]       new_page_o,
  output logic [tw_pkg::TagW-1:0]        walk_tag_o       // to the L2: only a walk uses its port anew
);

  logic                    walk_done, port;
  logic [tw_pkg::VpnW-1:0] vpn;

  assign walk_done = ok_i || fault_i;
  assign port      = walk_done ? owner_port_i : lookup_port_i;
  assign slot_o    = walk_done ? owner_slot_i : lookup_slot_i;

  assign complete_o = {(walk_done || hit_i || rootless_i) && port, (walk_done || hit_i || rootless_i) && !port};

  always @* begin
    addr_o = '0;
    info_o = '0;
    if (ok_i) begin
      addr_o = {8'd0, tw_fmt::page_pa(walk_page_i, owner_va_i)};
      info_o = tw_pkg::info_page(walk_page_i);
    end else if (fault_i) begin
      addr_o = owner_va_i;
      info_o = walk_info_i;
    end else if (hit_i) begin
      addr_o = {8'd0, tw_fmt::page_pa(hit_page_i, lookup_va_i)};
      info_o = tw_pkg::info_page(hit_page_i);
    end else if (rootless_i) begin
      addr_o = lookup_va_i;
      info_o = rootless_info_i;
    end
  end

  // The L1 TLBs take what a walk found or what the L2 had.
  assign l2_insert_o = ok_i && !tainted_i && !finish_i;
  assign l1_insert_o = {(hit_i || l2_insert_o) && port, (hit_i || l2_insert_o) && !port};
  assign kill_o      = fault_i || rootless_i;

  always @* begin
    vpn = walk_vpn_i;
    if (ok_i) vpn = walk_vpn_i & tw_fmt::size_mask(tw_pkg::data_size(walk_page_i));
  end

  assign walk_tag_o = tw_pkg::tag(vpn, asid_i);

  always @* begin
    new_tag_o = walk_tag_o;
    if (hit_i)      new_tag_o = hit_tag_i;
    if (rootless_i) new_tag_o = tw_pkg::tag(tw_pkg::vpn_of(lookup_va_i), asid_i);
  end

  assign new_page_o = hit_i ? hit_page_i : walk_page_i;

  // ---- Properties --------------------------------------------------------------------------------------------------

  // A walk's end keeps the lookup away; each has one outcome.
  `TW_GIVEN(1'b1, 3'(ok_i) + 3'(fault_i) + 3'(hit_i) + 3'(rootless_i) <= 3'd1)

  // There is one completion, of one port.
  `TW_TRUE(ok_i || fault_i || hit_i || rootless_i, complete_o == 2'b01 || complete_o == 2'b10)

  // Only one port learns, and it is the one that is answered.
  `TW_TRUE(l1_insert_o != '0, l1_insert_o == complete_o)

  // What is killed is not inserted.
  `TW_TRUE(kill_o, l1_insert_o == '0 && !l2_insert_o)

  // Nothing that a walk found is inserted in FINISH, or after a fence that was taken meanwhile.
  `TW_TRUE(ok_i && (tainted_i || finish_i), l1_insert_o == '0 && !l2_insert_o)

endmodule

`default_nettype wire
