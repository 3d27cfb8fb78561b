/** By bit. @see linux/capability.h */
const NAMES = [
  ...['chown', 'dac_override', 'dac_read_search', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid', 'setpcap'],
  ...[
    'linux_immutable',
    'net_bind_service',
    'net_broadcast',
    'net_admin',
    'net_raw',
    'ipc_lock',
    'ipc_owner',
  ],
  ...[
    'sys_module',
    'sys_rawio',
    'sys_chroot',
    'sys_ptrace',
    'sys_pacct',
    'sys_admin',
    'sys_boot',
    'sys_nice',
  ],
  ...[
    'sys_resource',
    'sys_time',
    'sys_tty_config',
    'mknod',
    'lease',
    'audit_write',
    'audit_control',
    'setfcap',
  ],
  ...['mac_override', 'mac_admin', 'syslog', 'wake_alarm', 'block_suspend', 'audit_read', 'perfmon', 'bpf'],
  'checkpoint_restore',
];

/**
 * Bytes of the two words of `permitted`: bits 0 to 31, and 32 to 63, which revision 1 does not have.
 * @see linux/capability.h, `vfs_cap_data`
 */
const [LOW, HIGH] = [4, 12];
const HIGH_BITS = 0x1f_ffff; // of the second word, as many as a number holds; no kernel knows a bit beyond 40

/**
 * The capabilities that a file permits to whoever starts it, as a set of bits; a number, as it is kept with an entry. 0 for what
 * only lets through what the process may pass on anyway.
 * @param value of the extended attribute `security.capability`
 */
export function parseFileCapabilities(value: Uint8Array): number {
  if (value.length < HIGH) return 0;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const high = value.length < HIGH + 4 ? 0 : view.getUint32(HIGH, true) & HIGH_BITS;
  return high * 2 ** 32 + view.getUint32(LOW, true);
}

/** `cap_net_raw`, …, in the order of their bits. */
export function capabilityNames(set: number): readonly string[] {
  const bits = set.toString(2).split('').reverse();
  return bits.flatMap((bit, at) => (bit === '1' ? [`cap_${NAMES[at] ?? at}`] : []));
}
