import { ScrollRegion as Shared } from "@tradertape/ui/components/scroll-region.tsx"

/** The region that scrolls on its own, as the agent's pages have it too. */
export const ScrollRegion = Shared
