import type {
  SpotlightActionData,
  SpotlightActionGroupData,
  SpotlightFilterFunction,
} from "@mantine/spotlight"

const textOf = ({ label, description, keywords }: SpotlightActionData) =>
  [label, description, keywords].flat().filter(Boolean).join(" ").toLowerCase()

/** How well an action matches: 2 all words in its label, 1 all words anywhere, 0 not at all. */
export function rank(words: string[], action: SpotlightActionData): number {
  const label = (action.label ?? "").toLowerCase()
  if (words.every((word) => label.includes(word))) return 2
  const text = textOf(action)
  return words.every((word) => text.includes(word)) ? 1 : 0
}

/** The actions that contain every typed word, in any order, label matches first. */
export const matchActions: SpotlightFilterFunction = (query, given) => {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const groups = given as SpotlightActionGroupData[]
  const ranked = groups.map((group) => {
    const found = group.actions
      .map((action) => ({ action, score: rank(words, action) }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score)
    return { group: group.group, actions: found.map(({ action }) => action), best: found[0]?.score ?? 0 }
  })
  return ranked
    .filter(({ actions }) => actions.length > 0)
    .sort((a, b) => b.best - a.best)
    .map(({ group, actions }) => ({ group, actions }))
}
