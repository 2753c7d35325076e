import { BlockList, isIP, isIPv4 } from 'node:net';

/** An address, or a network in CIDR form. */
export interface Network {
  readonly address: string;
  readonly prefix: number;
}

/** A set of addresses and networks. */
export class Networks {
  readonly isEmpty: boolean;
  readonly #networks = new BlockList();

  constructor(networks: readonly Network[] = []) {
    this.isEmpty = networks.length === 0;
    for (const { address, prefix } of networks)
      this.#networks.addSubnet(address, prefix, isIPv4(address) ? 'ipv4' : 'ipv6');
  }

  /**
   * True if an address is in the set; an IPv4 address also in the form that it has on an IPv6 socket, and a link-local
   * one with its zone (RFC 4007 section 11).
   */
  includes(address: string): boolean {
    if (this.isEmpty) return false;
    const bare = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
    return isIP(bare) !== 0 && this.#networks.check(bare, isIPv4(bare) ? 'ipv4' : 'ipv6');
  }
}
