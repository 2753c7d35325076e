import type { MqttLimits } from '../../core/model/mqtt-limits.js';

/** The memory that is used for all clients together. */
export class Usage {
  readonly limits: MqttLimits;
  sessions = 0;
  heldOctets = 0;

  constructor(limits: MqttLimits) {
    this.limits = limits;
  }
}

/** The memory that is used for one client, or because of it: if it uses up its share, the others have theirs. */
export class Account {
  readonly usage: Usage;
  /** Messages that wait for its sessions. */
  queuedMessages = 0;
  /** Octets of messages that it published and that wait for a subscriber. */
  heldOctets = 0;
  subscriptions = 0;
  retainedMessages = 0;

  constructor(usage: Usage) {
    this.usage = usage;
  }

  get limits(): MqttLimits {
    return this.usage.limits;
  }

  /** Takes so many octets on this account. @returns false if that would be too many */
  hold(octets: number): boolean {
    const { usage, limits } = this;
    if (this.heldOctets + octets > limits.clientHeldOctets) return false;
    if (usage.heldOctets + octets > limits.heldOctets) return false;
    this.heldOctets += octets;
    usage.heldOctets += octets;
    return true;
  }

  release(octets: number): void {
    this.heldOctets -= octets;
    this.usage.heldOctets -= octets;
  }
}
