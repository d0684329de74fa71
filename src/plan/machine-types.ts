/**
 * What can be declared, as types: what a check gives, and where it differs (`…Input`) what it takes. Written from the schemas by
 * `npm run pattern-types`, so that the package's declarations need no types of the schema library; a test compares them.
 */

/** Facts about a machine */
export interface MachineFacts {
  platform: string;
  /** Loopback too */
  interfaces: {
    name: string;
    /** Switched on, and its link is not down */
    up: boolean;
    /** As the kernel says it: up, down, unknown */
    state: string;
    /** Bytes of the longest packet */
    mtu: number;
    /** 0: sources are not checked; 1: only those routed through it pass; 2: loose */
    reversePath: number;
    addresses: {
      /** IPv4 address */
      address: string;
      /** Bits of its network */
      prefix: number;
    }[];
    driver?: string | undefined;
  }[];
  /** Of the main table */
  routes: {
    interface: string;
    /** IPv4 address of the network */
    network: string;
    prefix: number;
    metric: number;
    /** Packets are refused */
    rejects: boolean;
  }[];
  /** Groups that are joined, by interface */
  joined: Record<string, string[]>;
  /** net.core.rmem_max, bytes */
  receiveBufferMost?: number | undefined;
  /** net.ipv4.igmp_max_memberships, groups of a socket */
  membershipsMost?: number | undefined;
  /** net.core.netdev_max_backlog, packets */
  backlog?: number | undefined;
  /** net.core.busy_poll, microseconds */
  busyPoll?: number | undefined;
  /** net.core.busy_read, microseconds */
  busyRead?: number | undefined;
  /** kernel.io_uring_disabled */
  ioUring?: '0' | '1' | '2' | undefined;
  /** Rings that venuewire-dpdk fills, by name */
  dpdkRings?: string[] | undefined;
  /** Rights of the process that matter */
  capabilities?: string[] | undefined;
  /** Bytes that may be locked */
  lockedMemory?: number | 'unlimited' | undefined;
  openFiles?: number | 'unlimited' | undefined;
  /** That this process may use */
  processors: number;
  /** Bytes */
  memory: number;
  clockSource?: string | undefined;
  /** Programs here that keep the clock right */
  timeKeepers: string[];
}
