interface Node<Value> {
  readonly next: Map<string, Node<Value>>
  value: Value | undefined
}

function createNode<Value>(): Node<Value> {
  return { next: new Map(), value: undefined }
}

/** One value for each combination of labels, found label by label: a text that joins them would be made anew each time. */
export class ByLabels<Value> {
  readonly #make: (labels: readonly string[]) => Value
  readonly #root = createNode<Value>()
  readonly #all: Value[] = []

  /** `make`: the value of a combination that is asked for the first time. */
  constructor(make: (labels: readonly string[]) => Value) {
    this.#make = make
  }

  /** The values so far. */
  get all(): readonly Value[] {
    return this.#all
  }

  of(labels: readonly string[]): Value {
    let node = this.#root
    for (const label of labels) {
      let next = node.next.get(label)
      if (!next) {
        next = createNode()
        node.next.set(label, next)
      }
      node = next
    }
    if (node.value === undefined) {
      node.value = this.#make(labels)
      this.#all.push(node.value)
    }
    return node.value
  }
}
