import { main } from '@attune/platform';
import { harmonizer } from '@attune/services';

await main([harmonizer]);
