import { main } from '@attune/platform';
import { generator } from '@attune/services';

await main([generator]);
