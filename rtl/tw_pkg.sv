// SPDX-License-Identifier: Apache-2.0
// Constants and pure functions that every block shares: widths, codes, the layout of entries and responses. Invariants:
// nothing here knows a page-table format (that is tw_fmt); wires between blocks have the widths and layouts below, the
// same in every configuration, bits that a configuration lacks being zero, and what is stored is packed to the bits
// that the configuration has (*_pack, *_unpack). Codes: include/twinwalk/arch.h; layouts: docs/contract.md, section 13.
`default_nettype none

package tw_pkg;

  // ---- Widths -------------------------------------------------------------------------------------------------------

  localparam int IdW   = 4;            // request id
  localparam int VaW   = 64;           // virtual address
  localparam int VpnW  = 45;           // VA bits 56:12
  localparam int PaW   = 56;           // physical address
  localparam int PpnW  = 44;           // PA bits 55:12
  localparam int AsidW = 16;
  localparam int VmidW = 0;            // virtual machine, and stage of its translation: on top of tags, fences and
  localparam int StageW = 0;           //   responses; no configuration has them
  localparam int LevelW = 3;
  localparam int FlagsW = 12;

  // Bits of a number below n, at least one: a vector has no width 0.
  function automatic int index_w(input int n);
    index_w = n <= 2 ? 1 : $clog2(n);
  endfunction

  // ---- Codes --------------------------------------------------------------------------------------------------------

  localparam logic [1:0] AccFetch = 2'd0;  // 1 load, 2 store, 3 read-modify-write
  localparam logic [1:0] PrivU    = 2'd0;
  localparam logic [1:0] PrivM    = 2'd3;

  localparam logic [1:0] FaultNone   = 2'd0;
  localparam logic [1:0] FaultPage   = 2'd1;
  localparam logic [1:0] FaultAccess = 2'd2;
  localparam logic [1:0] FaultCanon  = 2'd3;

  // Bits of the FLAGS register.
  localparam int FlagAdue    = 0;
  localparam int FlagPbmte   = 1;
  localparam int FlagSvnapot = 2;
  localparam int FlagSvrsw   = 3;
  localparam int FlagWp      = 4;
  localparam int FlagNxe     = 5;
  localparam int FlagSmep    = 6;
  localparam int FlagSmap    = 7;
  localparam int FlagPge     = 8;
  localparam int FlagGbPages = 9;
  localparam int FlagPke     = 10;
  localparam int FlagPse     = 11;

  // x86 page-fault error code bits.
  localparam logic [5:0] PfP    = 6'h01;
  localparam logic [5:0] PfRsvd = 6'h08;
  localparam logic [5:0] PfPk   = 6'h20;

  // Halves of a memory word: that of an entry of 4 bytes, or both.
  localparam logic [1:0] LanesLow  = 2'b01;
  localparam logic [1:0] LanesHigh = 2'b10;
  localparam logic [1:0] LanesBoth = 2'b11;

  // Outcome of decoding one page-table entry.
  localparam logic [1:0] KindFault   = 2'd0;
  localparam logic [1:0] KindPointer = 2'd1;
  localparam logic [1:0] KindLeaf    = 2'd2;

  // ---- Mode of a request, which travels with it: {mxr, sum, priv, access} -------------------------------------------

  localparam int ModeW = 6;

  function automatic logic [ModeW-1:0] mode_of(input logic mxr, input logic sum, input logic [1:0] level,
                                               input logic [1:0] access);
    mode_of = {mxr, sum, level, access};
  endfunction

  function automatic logic is_machine(input logic [ModeW-1:0] mode);
    is_machine = mode[3:2] == PrivM;
  endfunction

  function automatic logic has_sum(input logic [ModeW-1:0] mode);
    has_sum = mode[4];
  endfunction

  function automatic logic has_mxr(input logic [ModeW-1:0] mode);
    has_mxr = mode[5];
  endfunction

  function automatic logic is_write(input logic [ModeW-1:0] mode);
    is_write = mode[1];  // store, read-modify-write
  endfunction

  function automatic logic is_fetch(input logic [ModeW-1:0] mode);
    is_fetch = mode[1:0] == AccFetch;
  endfunction

  function automatic logic is_user(input logic [ModeW-1:0] mode);
    is_user = mode[3:2] == PrivU;
  endfunction

  // ---- Events: bits of events_o and numbers of the counters (include/twinwalk/events.def) ---------------------------

  localparam int Events = 32;
  localparam int EvL1fHit      = 0;  // 4 bits, by size
  localparam int EvL1dHit      = 4;  // 4 bits, by size
  localparam int EvL1fMiss     = 8;
  localparam int EvL1dMiss     = 9;
  localparam int EvDirectF     = 10;
  localparam int EvDirectD     = 11;
  localparam int EvL2Hit       = 12;  // 4 bits, by size
  localparam int EvWalkStart   = 16;
  localparam int EvMerge       = 17;
  localparam int EvNoWalker    = 18;
  localparam int EvPwcStart    = 19;
  localparam int EvWalkOk      = 20;
  localparam int EvWalkFault   = 21;
  localparam int EvWalkRestart = 22;
  localparam int EvCasLost     = 23;
  localparam int EvMemRead     = 24;
  localparam int EvMemCas      = 25;
  localparam int EvPwcFill     = 26;
  localparam int EvWalkKilled  = 27;
  localparam int EvFence       = 28;
  localparam int EvCtrl        = 29;
  localparam int EvReqStall    = 30;
  localparam int EvRespStall   = 31;

  // ---- Tag: {stage, VMID, VPN, ASID} --------------------------------------------------------------------------------

  localparam int TagW = StageW + VmidW + VpnW + AsidW;

  function automatic logic [TagW-1:0] tag(input logic [VpnW-1:0] vpn, input logic [AsidW-1:0] asid);
    tag = TagW'({vpn, asid});
  endfunction

  // The tag bits that take part in a comparison: VPN bits, and all bits of the ASID or none.
  function automatic logic [TagW-1:0] tag_bits(input logic [VpnW-1:0] vpn, input logic by_asid);
    tag_bits = tag(vpn, {AsidW{by_asid}});
  endfunction

  // As stored: ASIDs of asid_bits, the VPN cut where the array ends.
  function automatic logic [TagW-1:0] tag_pack(input int asid_bits, input logic [TagW-1:0] whole);
    tag_pack = asid_bits == AsidW ? whole
                                  : whole >> AsidW << asid_bits | (whole & ((TagW'(1) << asid_bits) - TagW'(1)));
  endfunction

  function automatic logic [TagW-1:0] tag_unpack(input int asid_bits, input logic [TagW-1:0] stored);
    tag_unpack = asid_bits == AsidW ? stored
                                    : stored >> asid_bits << AsidW | (stored & ((TagW'(1) << asid_bits) - TagW'(1)));
  endfunction

  // ---- TLB entry: a tag, and data = {PPN, size, global, R, W, X, U, D, attr, protection key} ------------------------

  localparam int DataW = 60;
  localparam int DataPkey   = 0;   // 4 bits
  localparam int DataAttr   = 4;   // 3 bits
  localparam int DataD      = 7;
  localparam int DataRights = 8;   // 4 bits: {R, W, X, U}
  localparam int DataU      = 8;
  localparam int DataX      = 9;
  localparam int DataWrite  = 10;
  localparam int DataGlobal = 12;
  localparam int DataSize   = 13;  // 3 bits
  localparam int DataPpn    = 16;  // 44 bits
  localparam int DataLow    = 7;   // attr and protection key: not every configuration has all their bits

  function automatic logic [2:0] data_size(input logic [DataW-1:0] data);
    data_size = data[DataSize +: 3];
  endfunction

  // As stored: attributes of attr_bits, keys of pkey_bits, the PPN cut where the array ends.
  function automatic logic [DataW-1:0] data_pack(input int attr_bits, input int pkey_bits,
                                                 input logic [DataW-1:0] whole);
    data_pack = whole >> DataLow << (attr_bits + pkey_bits) |
                (whole >> DataAttr & ((DataW'(1) << attr_bits) - DataW'(1))) << pkey_bits |
                (whole & ((DataW'(1) << pkey_bits) - DataW'(1)));
  endfunction

  function automatic logic [DataW-1:0] data_unpack(input int attr_bits, input int pkey_bits,
                                                   input logic [DataW-1:0] stored);
    data_unpack = stored >> (attr_bits + pkey_bits) << DataLow |
                  (stored >> pkey_bits & ((DataW'(1) << attr_bits) - DataW'(1))) << DataAttr |
                  (stored & ((DataW'(1) << pkey_bits) - DataW'(1)));
  endfunction

  // Width of both as stored.
  function automatic int data_w(input int ppn_bits, input int attr_bits, input int pkey_bits);
    data_w = DataPpn - DataLow + ppn_bits + attr_bits + pkey_bits;
  endfunction

  // Walk-cache entry: the same tag, data = {PPN, level, above}.
  localparam int PwcDataW  = 51;
  localparam int AboveW    = 4;    // {G, X, U, W}: what is known from the levels above
  localparam logic [AboveW-1:0] AboveRoot = 4'b0111;
  localparam int AboveWrite = 0;
  localparam int AboveU     = 1;
  localparam int AboveX     = 2;
  localparam int AboveG     = 3;
  localparam int PwcLevel  = 4;    // 3 bits
  localparam int PwcPpn    = 7;    // 44 bits

  function automatic logic [LevelW-1:0] pwc_level(input logic [PwcDataW-1:0] data);
    pwc_level = data[PwcLevel +: LevelW];
  endfunction

  // The VPN of an address.
  function automatic logic [VpnW-1:0] vpn_of(input logic [VaW-1:0] va);
    vpn_of = va[12 +: VpnW];
  endfunction

  // ---- Response: addr (PA, or the VA of a fault) and info = {stage, size, global, attr, fault, cause} ---------------

  localparam int InfoW = StageW + 15;
  localparam int InfoCause  = 0;   // 6 bits
  localparam int InfoFault  = 6;   // 2 bits
  localparam int InfoAttr   = 8;   // 3 bits
  localparam int InfoGlobal = 11;
  localparam int InfoSize   = 12;  // 3 bits

  function automatic logic [InfoW-1:0] info_page(input logic [DataW-1:0] data);
    info_page = InfoW'({data[DataSize +: 3], data[DataGlobal], data[DataAttr +: 3], FaultNone, 6'd0});
  endfunction

  function automatic logic [InfoW-1:0] info_fault(input logic [1:0] fault, input logic [5:0] cause);
    info_fault = InfoW'({fault, cause});
  endfunction

  // Cause of an access fault in the RISC-V formats and without one: 1, 5, 7.
  function automatic logic [5:0] access_cause(input logic [ModeW-1:0] mode);
    access_cause = is_fetch(mode) ? 6'd1 : is_write(mode) ? 6'd7 : 6'd5;
  endfunction

endpackage

`default_nettype wire
