"""The spatial modules; `tt_train.nn` lists them all."""
