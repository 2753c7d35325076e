import { prepareHome } from '../../disk/home.js';
import { type Asked, askInHome, type HomeSocket, listenInHome } from '../../disk/home-sockets.js';
import { isShardName, type Place } from './kinds.js';

// A writer waits so long for those who follow the store; then it says who has not read yet.
const WITHIN_MS = 2_000;

/** The question to a process that follows the store, after a change of these files: has it read them? */
interface ReadQuestion {
  readonly do: 'read';
  readonly places: readonly Place[];
}

/** The processes of one home that follow its store, asked over their sockets. */
export class Readers {
  readonly #home: string;
  readonly #notice: (text: string) => void;
  readonly #own = new Set<string>();
  readonly #answers = new Map<string, () => object>();

  constructor(home: string, notice: (text: string) => void) {
    this.#home = home;
    this.#notice = notice;
  }

  /**
   * Waits until every other process of this machine that follows the store has read some files. Whoever cannot be waited
   * for is named in a notice: the change is made and stays.
   */
  async haveRead(places: readonly Place[]): Promise<void> {
    const question: ReadQuestion = { do: 'read', places };
    try {
      const asked = await askInHome(this.#home, question, { except: this.#own, withinMs: WITHIN_MS });
      const late = asked.filter(({ answered }) => !answered).map(({ pid }) => pid);
      if (late.length === 0) return;
      const who = late.length === 1 ? `process ${late[0]}` : `processes ${late.join(', ')}`;
      this.#notice(`the change is made, but ${who} (keywright serve) did not take it up within 2 s`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#notice(`the change is made, but running servers could not be told: ${why}`);
    }
  }

  /** Answers another question of other processes, as long as it listens. */
  answer(question: string, give: () => object): void {
    this.#answers.set(question, give);
  }

  /** Asks another question. @returns whoever knows it, or is late @throws KeywrightError `io` */
  ask(question: string): Promise<Asked[]> {
    return askInHome(this.#home, { do: question }, { except: this.#own, withinMs: WITHIN_MS });
  }

  /**
   * Answers other processes, if the home's file system has sockets.
   * @param read reads some files
   */
  async listen(read: (places: readonly Place[]) => Promise<void>): Promise<HomeSocket | undefined> {
    try {
      await prepareHome(this.#home);
      const socket = await listenInHome(this.#home, async (question) => {
        const { do: what } = question as { readonly do?: unknown };
        const give = this.#answers.get(String(what));
        if (give !== undefined) return give();
        await read(placesIn(question));
        return { done: true };
      });
      this.#own.add(socket.name);
      return socket;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#notice(`other commands cannot wait until this process has taken their changes up: ${why}`);
      return undefined;
    }
  }
}

function placesIn(question: unknown): readonly Place[] {
  const { do: what, places } = question as Partial<ReadQuestion>;
  if (what !== 'read' || !Array.isArray(places)) throw new Error('this question is not known');
  return places
    .map(({ directory, name }) => ({ directory: String(directory), name: String(name) }))
    .filter(({ name }) => isShardName(name));
}
