import { MemoryStore } from '../support/memory-store.js';
import { keyStoreContract } from './contract.js';

const stores = new Map<string, MemoryStore>();

function storeOf(name: string): MemoryStore {
  const store = stores.get(name) ?? new MemoryStore();
  stores.set(name, store);
  return store;
}

keyStoreContract(
  async (name) => storeOf(name),
  async (name) => storeOf(name).lines,
);
