// SPDX-License-Identifier: Apache-2.0
// Cell: the place of a new entry in an array, and the replacement state after it, as pure logic. A new entry goes to
// the lowest of those that it replaces, else to the lowest invalid one, else to the victim of the tree-PLRU. Invariant:
// the place is one that is replaced if there is one. docs/contract.md, section 6.
`include "tw_assert.svh"
`default_nettype none

module tw_place #(
  parameter int N = 4
) (
  // From the array that uses it.
  input  wire logic                          insert_i,   // there is a new entry
  input  wire logic [N-1:0]                  valid_i,
  input  wire logic [N-1:0]                  replaced_i, // valid entries that may not stay beside the new one
  input  wire logic [N-2:0]                  tree_i,
  input  wire logic                          hit_i,      // a hit is touched, before the new entry
  input  wire logic [tw_pkg::index_w(N)-1:0] hit_way_i,

  // To the array.
  output logic [tw_pkg::index_w(N)-1:0]      way_o,      // with insert_i
  output logic [N-2:0]                       tree_o      // the tree after the touches
);

  localparam int IndexW = tw_pkg::index_w(N);

  logic [IndexW-1:0] victim;
  logic              found;

  always @* begin
    way_o = victim;
    found = 1'b0;
    if (insert_i) begin
      for (int i = N - 1; i >= 0; i--) begin
        if (!valid_i[i]) way_o = IndexW'(i);
      end
      for (int i = 0; i < N; i++) begin
        if (replaced_i[i] && !found) begin
          way_o = IndexW'(i);
          found = 1'b1;
        end
      end
    end
  end

  tw_plru #(.N(N)) u_plru (
    .tree_i     (tree_i),
    .hit_i      (hit_i),
    .hit_way_i  (hit_way_i),
    .fill_i     (insert_i),
    .fill_way_i (way_o),
    .tree_o     (tree_o),
    .victim_o   (victim)
  );

  // ---- Properties --------------------------------------------------------------------------------------------------

  // What is replaced is valid.
  `TW_GIVEN(insert_i, (replaced_i & ~valid_i) == '0)

  // Where something is replaced, the new entry goes to it.
  `TW_TRUE(insert_i && replaced_i != '0, replaced_i[way_o])

  // No valid entry gives way to a new one while there is an invalid one.
  `TW_TRUE(insert_i && replaced_i == '0 && valid_i != '1, !valid_i[way_o])

`ifdef FORMAL
  for (genvar i = 0; i < N; i++) begin : g_lower
    // Of several that are replaced it is the lowest, else of several invalid ones.
    `TW_TRUE(insert_i && replaced_i[i], IndexW'(i) >= way_o)
    `TW_TRUE(insert_i && replaced_i == '0 && !valid_i[i], IndexW'(i) >= way_o)
  end
`endif

endmodule

`default_nettype wire
