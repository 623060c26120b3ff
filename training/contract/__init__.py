"""The contract with the SageMaker container: paths, arguments, messages, artifacts, checkpoints."""
