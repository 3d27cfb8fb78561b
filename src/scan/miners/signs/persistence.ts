import type { MinerSign } from '../../rule.ts';
import { base64Alignments } from './base64-alignments.ts';
import { signs } from './row.ts';

const REPORTS = 'reports on mining campaigns against containers';
const HIDER = 'libprocesshider, source';

/** What runs the text that is piped to it. */
const RUN =
  /\|\s{0,4}(?:sudo\s{1,4})?(?:\/usr)?(?:\/bin\/)?(?<secret>(?:ba|da|k|z)?sh|python[23]?|perl)(?![\w.-])/
    .source;
/** A machine without a name. */
const NUMBER = /(?<secret>https?:\/\/\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})(?!\d)/.source;

/**
 * A letter of the rest of a command up to the keyword's next place, from where the rest is looked at anew: a text full of
 * keywords is read once, not once for each.
 * @param others letters, as in a class, that it may not be
 */
function restOf(keyword: string, others: string): string {
  const first = keyword.charAt(0);
  return `(?:[^${first}${others}]|${first}(?!${keyword.slice(1)}))`;
}

/** Fetches something and runs it at once, or fetches it from a number. */
function fetchSigns(id: string, keyword: string): readonly MinerSign[] {
  const row = { family: 'persistence', keyword, weight: 1, source: REPORTS, acts: true } as const;
  const number = `${keyword}${restOf(keyword, '\\n')}{0,80}?${NUMBER}`;
  return [
    { ...row, id: `persistence.fetch-run-${id}`, pattern: runBehind(keyword) },
    { ...row, id: `persistence.fetch-number-${id}`, pattern: new RegExp(number) },
  ];
}

function runBehind(keyword: string): RegExp {
  return new RegExp(`${keyword}${restOf(keyword, '\\n|')}{1,240}${RUN}`);
}

/**
 * How it comes in and stays: `fetch-` brings something and runs it, `kill-` stops other miners, `keep-` makes it stay,
 * `hider-` keeps a process out of the list. Build steps fetch and run as well: alone none of them tells much.
 */
export const PERSISTENCE_SIGNS: readonly MinerSign[] = [
  ...signs('persistence', REPORTS, [
    ['kill-xmrig', 'pkill xmrig', 2],
    ['kill-xmrig-full', 'pkill -f xmrig', 2],
    ['kill-xmrig-9', 'pkill -9 xmrig', 2],
    ['kill-all-xmrig', 'killall xmrig', 2],
    ['kill-kinsing', 'pkill -f kinsing', 2],
    ['kill-kdevtmpfsi', 'pkill -f kdevtmpfsi', 2],
    ['kill-minerd', 'pkill -f minerd', 2],
    ['kill-stratum', 'pkill -f stratum', 2],
    ['kill-cryptonight', 'pkill -f cryptonight', 2],
    ['kill-sysrv', 'pkill -f sysrv', 2],
    ['kill-by-port', 'grep :3333', 1],
    ['keep-immutable', 'chattr +i', 1],
    ['keep-crontab', 'crontab -', 1],
    ['keep-cron-folder', '/etc/cron.d/', 1],
    ['keep-cron-spool', '/var/spool/cron', 1],
    ['keep-preload', '/etc/ld.so.preload', 1],
    ['keep-huge-pages', 'vm.nr_hugepages', 1],
    ['keep-msr-writes', '/sys/module/msr/parameters/allow_writes', 2],
    ['keep-nmi-watchdog', 'kernel.nmi_watchdog', 1],
    ['keep-no-watchdog', 'echo 0 > /proc/sys/kernel/nmi_watchdog', 2],
    ['keep-no-aliyun', 'aliyun-service stop', 2],
    ['keep-no-aegis', 'uninstall_aegis', 2],
    ['keep-no-aegis-quartz', 'quartz_uninstall', 2],
    ['keep-no-cloud-monitor', 'cloudmonitor stop', 2],
    ['keep-no-qcloud', '/qcloud/YunJing/uninst', 2],
    ['keep-authorized-keys', '>> /root/.ssh/authorized_keys', 1],
    ['process-hider', 'libprocesshider', 3],
  ]),
  ...signs('persistence', REPORTS, [
    ['fetch-chmod-tmp', 'chmod +x /tmp/', 1],
    ['fetch-chmod-777-tmp', 'chmod 777 /tmp/', 1],
    ['fetch-chmod-var-tmp', 'chmod +x /var/tmp/', 1],
    ['fetch-chmod-shm', 'chmod +x /dev/shm/', 1],
    ['fetch-chmod-777-shm', 'chmod 777 /dev/shm/', 1],
  ]),
  ...signs('persistence', HIDER, [
    ['hider-folder', '/proc/self/fd/%d', 1],
    ['hider-status', '/proc/%s/stat', 1],
    ['hider-fault', 'Error in dlsym: %s', 1],
    ['hider-hook', 'readdir64', 1, 'word'],
  ]),
  ...fetchSigns('curl', 'curl '),
  ...fetchSigns('wget', 'wget '),
  {
    id: 'persistence.fetch-run-base64',
    family: 'persistence',
    keyword: 'base64 -',
    weight: 1,
    source: REPORTS,
    acts: true,
    pattern: runBehind('base64 -'),
  },
  ...signs(
    'command',
    'base64 of the option, at each place in a group',
    base64Alignments('--donate-level').map((letters, at) => [`donate-level-base64-${at}`, letters, 3]),
  ),
];
