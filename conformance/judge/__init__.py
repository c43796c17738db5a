"""From a record to a verdict. Pure: it reads the record and nothing else, so that any old run can be judged again."""
