import { main } from '@attune/platform';
import { validator } from '@attune/services';

await main([validator]);
