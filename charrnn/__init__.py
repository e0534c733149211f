"""charrnn: character-level text generation and scoring with recurrent networks."""
