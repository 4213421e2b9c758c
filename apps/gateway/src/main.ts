import { main } from '@attune/platform';
import { gateway } from '@attune/services';

await main([gateway]);
