import { deletePlaces } from '../privacy/deletePlaces.js';
import { forgetPerson } from '../privacy/forget.js';
import { toldPlace } from '../privacy/foundPlace.js';
import { ownCaches, personalPlaces } from '../privacy/places.js';
import { PERSONAL_JOBS } from '../protocol/personalData.js';
import { version } from '../../package.json';
import { CANCELLED, type RunJob } from './runningJob.js';

type PersonalJob = keyof typeof PERSONAL_JOBS;

/** What is done for the jobs about what is kept of people. @throws UserError whatever a job refuses */
export const RUN_PERSONAL: { readonly [J in PersonalJob]: RunJob<J> } = {
  listPersonal({ folders }) {
    return Promise.resolve({ type: 'personalListed', places: personalPlaces(folders).map(toldPlace) });
  },

  deletePersonal({ folders, ids }) {
    return Promise.resolve({
      type: 'personalDeleted',
      ...deletePlaces(personalPlaces(folders), ids, ownCaches().cache),
    });
  },

  async forget(order, { progress, cancelled }) {
    const forgetting = await forgetPerson(order, version, (done) => progress(done, 0), cancelled);
    return forgetting ? { type: 'forgotten', forgetting } : CANCELLED;
  },
};

/** Jobs that look at what is kept must not change it by their start. */
export function isPersonalJob(job: string): boolean {
  return Object.hasOwn(PERSONAL_JOBS, job);
}
