import { Textarea, TextInput } from "@mantine/core"
import { TextListField } from "../fields/text-list-field"
import { useEditing, usePlace, useProblem } from "../state/editor-context"
import classes from "./identity.module.css"

/** Name, tags and description of the strategy. */
export function Identity() {
  const { isReadOnly } = useEditing()
  const [name = "", setName] = usePlace<string>(["name"])
  const [description = "", setDescription] = usePlace<string>(["description"])
  const problem = useProblem(["name"])
  if (isReadOnly) return null
  return (
    <div className={classes.root}>
      <TextInput
        size="xs"
        label="Name"
        value={name}
        maxLength={120}
        onChange={(event) => setName(event.currentTarget.value)}
        error={problem}
      />
      <TextListField path={["tags"]} label="Tags" placeholder="swing, test" />
      <Textarea
        size="xs"
        className={classes.wide}
        label="Description"
        placeholder="What is the idea?"
        autosize
        minRows={1}
        maxRows={5}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
    </div>
  )
}
