/** An address that its owner publishes for gifts, and where. */
interface DonationAddress {
  readonly address: string;
  readonly of: string;
  readonly source: string;
}

/** Addresses that stand in programs, manuals and sample settings for everybody, and tell of no miner. Read 2026-11-21. */
const PUBLISHED: readonly DonationAddress[] = [
  {
    address:
      '888tNkZrPN6JsEgekjMnABU4TBzc2Dt29EPAvkRxbANsAnjyPbb3iQ1YBRk1UXcdRsiKc9dhwMVgN5S9cQUiyoogDavup3H',
    of: 'Monero, general fund',
    source: 'README of monero 0.18 in Debian',
  },
  {
    address:
      '44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A',
    of: 'Monero, general fund until 2021',
    source: 'README of monero 0.18 in Debian',
  },
  {
    address:
      '845xHUh5GvfHwc2R8DVJCE7BT2sd4YEcmjG8GNSdmeNsP5DTEjXd1CNgxTcjHjiFuthRHAoVEJjM7GyKzQKLJtbd56xbh7V',
    of: 'tevador, author of RandomX',
    source: 'README of librandomx 1.1 in Debian',
  },
  {
    address:
      '48edfHu7V9Z84YzzMa6fUueoELZ9ZRXq9VetWzYGzKt52XU5xvqgzYnDK9URnRoJMk1j8nLwEVsaSWJ4fhdUyZijBGUicoD',
    of: 'XMRig, and the sample in its documentation',
    source: 'README of XMRig 6',
  },
  {
    address: '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa',
    of: 'the first block of Bitcoin, in every manual',
    source: 'Bitcoin, block 0',
  },
];

/** All of them; exact, as any change makes another address. */
export const DONATION_ADDRESSES: ReadonlySet<string> = new Set(PUBLISHED.map(({ address }) => address));
