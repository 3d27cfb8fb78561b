import type { SecretRule } from '../../rule.ts';
import { alnum, hex, joined, namedTokens, upper, uuid } from './named-token.ts';

/** Scraping and search: keys that only their names tell. */
export const NAMED_SCRAPING_RULES: readonly SecretRule[] = namedTokens([
  {
    id: 'browserless-key',
    provider: 'Browserless',
    names: ['browserless'],
    value: [uuid()],
    keyed: true,
    source: 'Browserless documentation, Authentication',
  },
  {
    id: 'diffbot-key',
    provider: 'Diffbot',
    names: ['diffbot'],
    value: [hex(32)],
    source: 'Diffbot documentation, Authentication',
  },
  {
    id: 'owlbot-token',
    provider: 'Owlbot',
    kind: 'token',
    names: ['owlbot'],
    value: [hex(40)],
    word: 'TOKEN',
    source: 'Owlbot documentation, Authentication',
  },
  {
    id: 'phantombuster-key',
    provider: 'PhantomBuster',
    names: ['phantombuster'],
    value: [alnum(43)],
    source: 'PhantomBuster documentation, Authentication',
  },
  {
    id: 'rapidapi-key',
    provider: 'RapidAPI',
    names: ['rapidapi', 'mashape'],
    value: [alnum(50)],
    source: 'RapidAPI documentation, Authentication',
  },
  {
    id: 'scraperapi-key',
    provider: 'ScraperAPI',
    names: ['scraperapi', 'scraper_api'],
    value: [alnum(32)],
    source: 'ScraperAPI documentation, Authentication',
  },
  {
    id: 'scrapingbee-key',
    provider: 'ScrapingBee',
    names: ['scrapingbee', 'scraping_bee'],
    value: [upper(80)],
    source: 'ScrapingBee documentation, Authentication',
  },
  {
    id: 'serpapi-key',
    provider: 'SerpApi',
    names: ['serpapi', 'serp_api', 'serp_token'],
    value: [hex(64)],
    source: 'SerpApi documentation, Authentication',
  },
  {
    id: 'wolframalpha-key',
    provider: 'Wolfram Alpha',
    kind: 'app ID',
    names: ['wolfram'],
    value: [joined(upper(6), '-', upper(10))],
    keyed: true,
    word: 'APPID_KEY',
    source: 'Wolfram Alpha documentation, Authentication',
  },
  {
    id: 'zenrows-key',
    provider: 'ZenRows',
    names: ['zenrows'],
    value: [hex(40)],
    source: 'ZenRows documentation, Authentication',
  },
]);
