// SPDX-License-Identifier: Apache-2.0
// Tree-PLRU over N ways, as pure logic: the victim, and the tree after up to two touches. The tree's bits are kept by
// the array that uses it. Invariants: after a touch no path leads to the touched way until another way of its pair is
// touched; the victim is taken from the tree as it is before the touches. docs/contract.md, section 6; drawn in
// README.md.
`include "tw_assert.svh"
`default_nettype none

module tw_plru #(
  parameter int N = 4
) (
  input  wire logic [N-2:0]         tree_i,     // from the array: node i has the children 2i+1 (lower half) and 2i+2
  input  wire logic                 hit_i,      // touch of a hit, applied first
  input  wire logic [$clog2(N)-1:0] hit_way_i,
  input  wire logic                 fill_i,     // touch of an insert, applied second
  input  wire logic [$clog2(N)-1:0] fill_way_i,
  output logic [N-2:0]              tree_o,     // to the array: the tree after the touches
  output logic [$clog2(N)-1:0]      victim_o    // to the array: the way that the bits of tree_i point to
);

  localparam int Depth = $clog2(N);

  // A node's bit: 0 points to the lower half, 1 to the upper.
  logic [Depth-1:0] node;

  always @* begin
    node     = '0;
    victim_o = '0;
    for (int l = 0; l < Depth; l++) begin
      victim_o[Depth-1-l] = tree_i[node];
      node = Depth'({node, 1'b1} + (Depth+1)'(tree_i[node]));
    end
  end

  always @* begin
    tree_o = tree_i;
    if (hit_i) begin
      for (int l = 0; l < Depth; l++)
        tree_o[(1 << l) - 1 + (32'(hit_way_i) >> (Depth - l))] = !hit_way_i[Depth-1-l];
    end
    if (fill_i) begin
      for (int l = 0; l < Depth; l++)
        tree_o[(1 << l) - 1 + (32'(fill_way_i) >> (Depth - l))] = !fill_way_i[Depth-1-l];
    end
  end

  // ---- Properties --------------------------------------------------------------------------------------------------

`ifdef FORMAL
  // Where the new tree points.
  logic [Depth-1:0] next_node, next_victim;

  always @* begin
    next_node   = '0;
    next_victim = '0;
    for (int l = 0; l < Depth; l++) begin
      next_victim[Depth-1-l] = tree_o[next_node];
      next_node = Depth'({next_node, 1'b1} + (Depth+1)'(tree_o[next_node]));
    end
  end

  // A way that was just inserted is not the next victim.
  `TW_TRUE(fill_i, next_victim != fill_way_i)

  // Nor is one that was just hit.
  `TW_TRUE(hit_i && !fill_i, next_victim != hit_way_i)

  // A victim that was not touched stays the victim.
  `TW_TRUE(!hit_i && !fill_i, tree_o == tree_i && next_victim == victim_o)
`endif

endmodule

`default_nettype wire
