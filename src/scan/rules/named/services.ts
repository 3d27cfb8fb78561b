/**
 * Services whose keys have a form that is looked for elsewhere, or none that is documented. Their names count where a
 * word like `key` follows, in any spelling. What is a common word as well stands with the sign that goes on with it.
 */
export const SERVICES: readonly string[] = (
  'abyssale adyen affinda agilecrm airship airtable aiven akamai akeyless alegra anthropic anypoint ' +
  'api2cart apideck apiflash apitemplate appoptics appwrite aqicn arcgis artsy_ asaas assemblyai audd_ ' +
  'autodesk avalara axonaut aylien bannerbear barcodelookup basecamp besttime betterstack bigmodel ' +
  'bitgo bitly bitrise blitapp blockfrost borgbase buddyns budibase buildkite bulksms caspio cerebras ' +
  'cexio checkly checkmarx chroma_ circleci clickhelp clicktime clientary clinchpad clockodo ' +
  'clockworksms cloudconvert cloudelements cloudflare cloudimage cloudmersive cloudplan cloudways ' +
  'coinranking commercejs companyhub contentful contentstack copyscape craftmypdf currencyfreaks ' +
  'currencyscoop customerguru d7network dagster dandelion dashscope databento databricks dataconnect ' +
  'datafire datastax debounce deepgram deepsource descope dialpad diggernaut digitalocean discord ' +
  'docparser documo doppler dotdigital dovico dronahq dropbox dyspatch eagleeye easyinsight ' +
  'ecostruxure edamam edenai eightxeight elevenlabs enablex etherscan ethplorer eventbrite everhour ' +
  'exportsdk extractorapi facepp fastforex fastly fauna_ feedier fetchrss fibery figma fileio finage ' +
  'financialmodelingprep firebase firecrawl fivetran fixerio flatio fleetio flickr flodesk flowflu ' +
  'flutterwave formbucket formcraft formio formsite frameio fxmarket gengo geocodify getgeoapi getgist ' +
  'getsandbox gitbook gitguardian github gitlab glassnode glitterly gocanvas gocardless goodday ' +
  'grafana groovehq groq_ gyazo hailuo hasura hcaptcha heroku hetzner heygen hitbtc hiveage holidayapi ' +
  'honeycomb html2pdf hubspot huggingface humanloop hume_ hybiscus hypertrack iconfinder ideogram ' +
  'imagga infisical insightly instana integromat intercom invoiceocean ip2location ipapi ipinfodb ' +
  'ipquality iqair jambonz jenkins jfrog karmacrm keygen klaviyo klipfolio knapsackpro knock_ kontent ' +
  'kuaishou kubecost kylas labelbox lambda_labs lancedb landbot langflow langsmith languagelayer ' +
  'larksuite launchdarkly leadfeeder lemlist lemonsqueezy lendflow leonardo_ lessannoyingcrm lexigram ' +
  'lightstep linear_ linenotify linkpreview linode litellm liveagent livestorm llamaparse loadmill ' +
  'logicmonitor loginradius logtail lokalise loyverse lumaai madkudu magicbell mailboxlayer mailmodo ' +
  'mailsac mailtrap malshare mapbox mavenlink maxmind meaningcloud medallia mediastack meistertask ' +
  'memegen mesibo messagebird messari metaapi metabase metrilo midjourney mindmeister mistral mite_ ' +
  'mixmax mockaroo monday_ moonclerk moonshot moosend mrticktock mulesoft mux_ myfreshworks ' +
  'myintervals neptune_ netcore nethunt netlify neutrinoapi newrelic newscatcher nftport ngrok ' +
  'nicereply notion novita novu_ numverify nutritionix nvidia oanda okta omise onbuka onedesk ' +
  'onepagecrm oopspam openai opencorporates openrouter openuv opsgenie optidash oxylabs packagist ' +
  'pagerduty palantir paperform paralleldots parsehub parseur partnerstack passbase passio payhere ' +
  'paymo paymongo paystack pdfco pdfshift peopledatalabs pepipost perplexity pinecone pipecandy ' +
  'pipedream pipefy planhat playht plunk_ podio pollsapi polygon_ portkey posthog postman powrbot ' +
  'prefect prerender pressable printful prismic prodpad productboard promptlayer proxycrawl pulumi ' +
  'purestake qase_ qdrant qualaroo qubole qwen_ ramp_ rapyd rawg_ razorpay rechargepayments recruitee ' +
  'refiner repairshopr replicate replyio requestfinance resend_ restpack retool roaring rollbar ' +
  'roninapp route4me rownd rubygems runrunit salesblink salescookie salesforce salesmate sambanova ' +
  'satismeter saucelabs scaleway scrapeowl scraperbox scrapersite scrapestack scrapfly scrapingant ' +
  'screenshotapi screenshotlayer scrutinizer segment_ selectpdf semaphore semgrep sendgrid sendinblue ' +
  'sentry serper serphouse serpstack sheety sherpadesk shopify shortio shotstack shutterstock ' +
  'signalwire signaturit signupgenius sigopt siliconflow simfin simplesat simplynoted skrapp skypilot ' +
  'slack_ sleekplan smartystreets smooch snipcart snovio snowflake snyk_ softlayer sonarcloud ' +
  'sonarqube soniox sourcegraph sparkloop spectralops speechtext spoonacular sportradar sportsmonk ' +
  'spotio square_ sslmate starton staticbackend statsig statuspal stitchdata stormboard stormglass ' +
  'storyblok strapi stripe stripo sugester supabase supernotes surge_ survicate tailscale taskade ' +
  'tatumio tavily teamgate teamwork telegram telesign teletype telnyx terraform text2data textlocal ' +
  'textmagic thingsboard thousandeyes ticktick timebutler timecamp timekit tinybird todoist toggltrack ' +
  'travelpayouts travis trello turso_ twelve_data twilio twist_ tyntec typeform typesense ultravox ' +
  'unkey unleash unplugg unstructured uplead uploadcare uproc upwave urbanairship userflow userstack ' +
  'vatlayer vercel verimail veriphone versioneye vimeo virustotal vivino voicegain volcengine ' +
  'voodoosms vouchery voyage_ walkscore wandb_ weaviate webhookrelay wepay whoxy wolfram workos ' +
  'workstack xai_api yandex ynab_ youneedabudget youtube zenkit zenscrape zenserp zeplin zhipu ' +
  'zipbooks zipcodeapi zonkafeedback zyte_'
).split(' ');
