import { Database, openBlobs, readConfig, type Verification, VerificationRepository, verify } from '@attune/platform';
import { databaseOf } from './own-database.js';

/** Proves the rows and objects of the installation that the environment names, whether it is running or not. */
export async function runVerify(all: boolean): Promise<Verification> {
  const config = readConfig();
  const { url, giveBack } = await databaseOf(config);
  try {
    const database = await Database.open(url, 2);
    try {
      return await verify(new VerificationRepository(database), await openBlobs(config.blobs), { all });
    } finally {
      await database.close();
    }
  } finally {
    await giveBack();
  }
}
