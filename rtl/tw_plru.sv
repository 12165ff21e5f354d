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
  output logic [$clog2(N)-1:0]      victim_o    // to the array: the way that the bits of tree_i point to; with fill_i
);

  localparam int Depth = $clog2(N);

  // A node's bit: 0 points to the lower half, 1 to the upper.
  logic [Depth-1:0] node;

  always @* begin
    node     = '0;
    victim_o = '0;
    if (fill_i) begin
      for (int l = 0; l < Depth; l++) begin
        victim_o[Depth-1-l] = tree_i[node];
        node = Depth'({node, 1'b1} + (Depth+1)'(tree_i[node]));
      end
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
  // Where a tree points.
  function automatic logic [Depth-1:0] pointed(input logic [N-2:0] tree);
    logic [Depth-1:0] at;
    at      = '0;
    pointed = '0;
    for (int l = 0; l < Depth; l++) begin
      pointed[Depth-1-l] = tree[at];
      at = Depth'({at, 1'b1} + (Depth+1)'(tree[at]));
    end
  endfunction

  logic [Depth-1:0] next_victim;

  assign next_victim = pointed(tree_o);

  // The victim is where the tree points.
  `TW_TRUE(fill_i, victim_o == pointed(tree_i))

  // A way that was just inserted is not the next victim.
  `TW_TRUE(fill_i, next_victim != fill_way_i)

  // Nor is one that was just hit.
  `TW_TRUE(hit_i && !fill_i, next_victim != hit_way_i)

  // Without a touch the tree stays.
  `TW_TRUE(!hit_i && !fill_i, tree_o == tree_i)
`endif

endmodule

`default_nettype wire
