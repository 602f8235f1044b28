"""Plant as code: TOML files say what there is; `plan` shows the changes, `apply` makes them."""
